"""The faults of a scenario, from outside."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from types import TracebackType
from typing import Any, Self

from sm_emulator.call import Call
from sm_emulator.catalog import document, emulated, nearest, service
from sm_emulator.configuration import validate_faults
from sm_emulator.errors import AbsentError, ConfigurationError, ConflictError, Problem
from sm_emulator.faults import Rule, Standing, Wanted, build_rules, in_vain
from sm_emulator.scenario import Scenario as _World
from sm_emulator.wire import Request
from sm_emulator.wire.caller import DEFAULT_REGION, Caller

_SCHEMA = "config.schema"


class ActiveFault:
    """A fault that is set for a while: leaving its `with` removes it."""

    def __init__(self, world: _World, standing: Standing) -> None:
        self._world = world
        self._standing = standing

    @property
    def name(self) -> str:
        """The name of its rule."""
        return self._standing.rule.name

    @property
    def matched(self) -> int:
        """How many calls it matched."""
        return self._standing.matched

    @property
    def acted(self) -> int:
        """How often it acted."""
        return self._standing.acted

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Why it did not act: by `condition` the `count` of its noes and the `last` reason."""
        reasons: list[dict[str, Any]] = self._standing.told()["reasons"]
        return reasons

    def remove(self) -> None:
        """Remove it, if it is still there."""
        with self._world.lock:
            if self._standing in self._world.faults:
                self._world.faults.remove(self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()


class ScenarioFaults:
    """The rules of a scenario, in the words of the configuration file."""

    def __init__(self, world: _World) -> None:
        self._world = world

    def all(self) -> list[dict[str, Any]]:
        """List the rules in order, each with what it met: see `one`."""
        with self._world.lock:
            return [standing.told() for standing in self._world.faults]

    def one(self, name: str) -> dict[str, Any]:
        """Tell a rule, how often it `matched` and `acted`, and why it did not.

        `reasons` has for each condition that said no how often it did, and why it last did. `ends` is
        when its time to live is over, in seconds since 1970. Raises AbsentError where there is no such
        rule.
        """
        with self._world.lock:
            return self._find(name).told()

    def foretell(
        self,
        name: str,
        operation: str,
        resource: str = "",
        *,
        region: str = DEFAULT_REGION,
        session: str = "",
        attempt: int = 1,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Tell whether a rule would act on the next such call, and if not, by which condition and why.

        Nothing is counted. Throttling by a rate is judged when the call comes. Raises AbsentError.
        """
        if operation in set(service()["operations"]) - set(emulated()):
            operation = f"sagemaker:{operation}"  # as what others answer is called
        caller = Caller(self._world.account, region, "", session, session, strong=False)
        named = {header.lower(): value for header, value in (headers or {}).items()}
        call = Call(operation, resource, caller, "", attempt, Request("POST", named, b""))
        with self._world.lock:
            self._find(name)
            no = self._world.faults.foretell(name, call, self._world.clock(), self._world.store.seed)
        condition, reason = no or (None, None)
        return {"acts": no is None, "condition": condition, "reason": reason}

    def in_vain(self) -> list[str]:
        """Tell of rules that can never act, since one before them has the last word."""
        with self._world.lock:
            return [str(problem) for problem in in_vain([s.rule for s in self._world.faults])]

    def replace(self, wanted: Wanted) -> None:
        """Use these rules, or those of a preset, and no others. Raises ConfigurationError."""
        rules = _built(wanted)
        with self._world.lock:
            self._world.faults.replace(rules, self._world.clock())

    def add(self, rule: Mapping[str, Any]) -> None:
        """Add a rule after all others. Raises ConfigurationError, ConflictError if its name is taken."""
        (built,) = _built([rule])
        with self._world.lock:
            if built.name in self._names():
                raise ConflictError(f"there is a fault {built.name!r} already")
            self._world.faults.put(built, self._world.clock())

    def put(self, name: str, rule: Mapping[str, Any]) -> None:
        """Add a rule called `name`, or put it in the place of the one there is.

        Raises ConfigurationError.
        """
        (built,) = _built([{"name": name, **rule} if isinstance(rule, Mapping) else rule])
        if built.name != name:
            raise ConfigurationError(
                Problem("name", f"{built.name!r} is not {name!r}, as the address says")
            )
        with self._world.lock:
            self._world.faults.put(built, self._world.clock())

    def remove(self, name: str) -> None:
        """Remove a rule. Raises AbsentError for a name that there is not."""
        with self._world.lock:
            self._find(name)
            self._world.faults.remove(name)

    def set(self, fault: str, settings: Mapping[str, Any]) -> ActiveFault:
        """Add a rule of flat settings: a `name`, and what `match`, `when` and the effect can have.

        Raises ConfigurationError, ConflictError if its name is taken.
        """
        with self._world.lock:
            rule = {"name": self._free(fault), **_sorted(fault, settings)}
            self.add(rule)
            return ActiveFault(self._world, self._world.faults[rule["name"]])

    def _free(self, name: str) -> str:
        """Find a name that is free: this one, else with a number."""
        names = (name if n == 1 else f"{name}-{n}" for n in count(1))
        return next(name for name in names if name not in self._names())

    def _names(self) -> list[str]:
        return [standing.rule.name for standing in self._world.faults]

    def _find(self, name: str) -> Standing:
        names = self._names()
        if name not in names:
            raise AbsentError(f"there is no fault {name!r}{nearest(name, names)}")
        return self._world.faults[name]


def _sorted(fault: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Put flat settings where a rule has them. Raises ConfigurationError for one that there is not."""
    definitions = document(_SCHEMA)["$defs"]
    places = {"name": "", "ttl": ""}
    for place in ("match", "when"):
        places |= dict.fromkeys(definitions["fault"]["properties"][place]["properties"], place)
    places |= dict.fromkeys(_settings_of(fault, definitions["effect"]), "effect")
    rule: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {"": rule, "match": {}, "when": {}, "effect": {"fault": fault}}
    for spelled, value in settings.items():
        name = spelled.removesuffix("_")  # from_ and pass_, which Python keeps for itself
        if name not in places:
            message = f"there is no such setting of {fault}{nearest(name, places)}"
            raise ConfigurationError(Problem(spelled, message))
        parts[places[name]][name] = value
    return {**rule, **{part: parts[part] for part in ("match", "when", "effect")}}


def _settings_of(fault: str, schema: Mapping[str, Any]) -> list[str]:
    """List the settings of a fault. Raises ConfigurationError where there is none of that name."""
    faults = schema["properties"]["fault"]["enum"]
    if fault not in faults:
        hint = nearest(str(fault), faults)
        raise ConfigurationError(Problem("fault", f"{fault!r} is not one of {', '.join(faults)}{hint}"))
    conditions = ((part["if"]["properties"]["fault"], part["then"]) for part in schema["allOf"])
    return [
        name
        for condition, then in conditions
        if fault in condition.get("enum", [condition.get("const")])
        for name in then["properties"]
        if name != "fault"
    ]


def _built(wanted: Wanted) -> list[Rule]:
    validate_faults(wanted)
    return build_rules(wanted)
