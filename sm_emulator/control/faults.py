"""The faults of a scenario, from outside."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from types import TracebackType
from typing import Any, Self

from sm_emulator.catalog import document, implemented_operations, service
from sm_emulator.config.validation import validate_faults
from sm_emulator.errors import ConfigurationError, ConflictError, NotFoundError, Problem
from sm_emulator.faults import ActiveRule, FaultSpec, Rule, build_rules, unreachable_rules
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.values import did_you_mean
from sm_emulator.wire import DEFAULT_REGION, Caller, Request
from sm_emulator.wire.call import Call

_SCHEMA = "config.schema"


class ActiveFault:
    """A fault that is set for a while: leaving its `with` removes it."""

    def __init__(self, state: ScenarioState, standing: ActiveRule) -> None:
        self._state = state
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
        with self._state.lock:
            if self._standing in self._state.faults:
                self._state.faults.remove(self.name)

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

    def __init__(self, state: ScenarioState) -> None:
        self._state = state

    def all(self) -> list[dict[str, Any]]:
        """List the rules in order, each with what it met: see `one`."""
        with self._state.lock:
            return [standing.told() for standing in self._state.faults]

    def one(self, name: str) -> dict[str, Any]:
        """Tell a rule, how often it `matched` and `acted`, and why it did not.

        `reasons` has for each condition that said no how often it did, and why it last did. `ends` is
        when its time to live is over, in seconds since 1970. Raises NotFoundError where there is no such
        rule.
        """
        with self._state.lock:
            return self._find(name).told()

    def would_apply(
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

        Nothing is counted. Throttling by a rate is judged when the call comes. Raises NotFoundError.
        """
        if operation in set(service()["operations"]) - set(implemented_operations()):
            operation = f"sagemaker:{operation}"  # as what others answer is called
        caller = Caller(self._state.account, region, "", session, session, strong=False)
        named = {header.lower(): value for header, value in (headers or {}).items()}
        call = Call(operation, resource, caller, "", attempt, Request("POST", named, b""))
        with self._state.lock:
            self._find(name)
            no = self._state.faults.would_apply(name, call, self._state.clock(), self._state.store.seed)
        condition, reason = no or (None, None)
        return {"acts": no is None, "condition": condition, "reason": reason}

    def unreachable_rules(self) -> list[str]:
        """Tell of rules that can never act, since one before them has the last word."""
        with self._state.lock:
            return [str(problem) for problem in unreachable_rules([s.rule for s in self._state.faults])]

    def replace(self, wanted: FaultSpec) -> None:
        """Use these rules, or those of a preset, and no others. Raises ConfigurationError."""
        rules = _built(wanted)
        with self._state.lock:
            self._state.faults.replace(rules, self._state.clock())

    def add(self, rule: Mapping[str, Any]) -> None:
        """Add a rule after all others. Raises ConfigurationError, ConflictError if its name is taken."""
        (built,) = _built([rule])
        with self._state.lock:
            if built.name in self._names():
                raise ConflictError(f"there is a fault {built.name!r} already")
            self._state.faults.put(built, self._state.clock())

    def put(self, name: str, rule: Mapping[str, Any]) -> None:
        """Add a rule called `name`, or put it in the place of the one there is.

        Raises ConfigurationError.
        """
        (built,) = _built([{"name": name, **rule} if isinstance(rule, Mapping) else rule])
        if built.name != name:
            raise ConfigurationError(
                Problem("name", f"{built.name!r} is not {name!r}, as the address says")
            )
        with self._state.lock:
            self._state.faults.put(built, self._state.clock())

    def remove(self, name: str) -> None:
        """Remove a rule. Raises NotFoundError for a name that there is not."""
        with self._state.lock:
            self._find(name)
            self._state.faults.remove(name)

    def set(self, fault: str, settings: Mapping[str, Any]) -> ActiveFault:
        """Add a rule of flat settings: a `name`, and what `match`, `when` and the effect can have.

        Raises ConfigurationError, ConflictError if its name is taken.
        """
        with self._state.lock:
            rule = {"name": self._free(fault), **_sorted(fault, settings)}
            self.add(rule)
            return ActiveFault(self._state, self._state.faults[rule["name"]])

    def _free(self, name: str) -> str:
        """Find a name that is free: this one, else with a number."""
        names = (name if n == 1 else f"{name}-{n}" for n in count(1))
        return next(name for name in names if name not in self._names())

    def _names(self) -> list[str]:
        return [standing.rule.name for standing in self._state.faults]

    def _find(self, name: str) -> ActiveRule:
        names = self._names()
        if name not in names:
            raise NotFoundError(f"there is no fault {name!r}{did_you_mean(name, names)}")
        return self._state.faults[name]


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
            message = f"there is no such setting of {fault}{did_you_mean(name, places)}"
            raise ConfigurationError(Problem(spelled, message))
        parts[places[name]][name] = value
    return {**rule, **{part: parts[part] for part in ("match", "when", "effect")}}


def _settings_of(fault: str, schema: Mapping[str, Any]) -> list[str]:
    """List the settings of a fault. Raises ConfigurationError where there is none of that name."""
    faults = schema["properties"]["fault"]["enum"]
    if fault not in faults:
        hint = did_you_mean(str(fault), faults)
        raise ConfigurationError(Problem("fault", f"{fault!r} is not one of {', '.join(faults)}{hint}"))
    conditions = ((part["if"]["properties"]["fault"], part["then"]) for part in schema["allOf"])
    return [
        name
        for condition, then in conditions
        if fault in condition.get("enum", [condition.get("const")])
        for name in then["properties"]
        if name != "fault"
    ]


def _built(wanted: FaultSpec) -> list[Rule]:
    validate_faults(wanted)
    return build_rules(wanted)
