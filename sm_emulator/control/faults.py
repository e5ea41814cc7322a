"""The fault rules of a scenario, for callers outside: list, change, dry-run."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from itertools import count
from typing import Any

from sm_emulator.catalog import implemented_operations, service
from sm_emulator.config.validation import validate_part
from sm_emulator.errors import ConfigurationError, ConflictError, NotFoundError, Problem
from sm_emulator.faults.active import ActiveRule
from sm_emulator.faults.rule import FaultRule, FaultSpec, build_rules, nest_settings, unreachable_rules
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.scenario.scenarios import ScenarioEntry
from sm_emulator.values import did_you_mean
from sm_emulator.wire.call import DEFAULT_REGION, Call, Caller
from sm_emulator.wire.message import Request


class ActiveFault(AbstractContextManager["ActiveFault"]):
    """A fault in force: leaving its `with` removes it."""

    def __init__(self, state: ScenarioState, active: ActiveRule) -> None:
        self._state = state
        self._active = active

    @property
    def name(self) -> str:
        """The name of its rule."""
        return self._active.rule.name

    @property
    def matched(self) -> int:
        """How many calls it matched."""
        return self._active.matched

    @property
    def acted(self) -> int:
        """How often it acted."""
        return self._active.acted

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Why it did not act: for each `condition` the `count` of rejections and the `last` reason."""
        return list(self._active.to_dict()["reasons"])

    def remove(self) -> None:
        """Remove it, if it is still in force."""
        with self._state.lock:
            if self._active in self._state.faults:
                self._state.faults.remove(self.name)

    def __exit__(self, *_: object) -> None:
        self.remove()


class ScenarioFaults:
    """The fault rules of a scenario, as the configuration file writes them."""

    def __init__(self, entry: ScenarioEntry) -> None:
        self._entry = entry

    @property
    def _state(self) -> ScenarioState:
        return self._entry.state

    def all(self) -> list[dict[str, Any]]:
        """Return the rules in order, each as `one` returns it."""
        with self._state.lock:
            return [active.to_dict() for active in self._state.faults]

    def one(self, name: str) -> dict[str, Any]:
        """Return a rule, how often it `matched` and `acted`, and why it did not.

        `reasons` has for each condition how often it rejected a call, and why it last did. `ends` is
        when its time to live ends, in seconds since 1970. Raises NotFoundError where there is no such
        rule.
        """
        with self._state.lock:
            return self._find(name).to_dict()

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
        """Return whether a rule would act on the next such call; if not, the condition that rejects it.

        Nothing is counted. A throttle with a rate decides only when the call arrives. Raises
        NotFoundError.
        """
        if operation in set(service()["operations"]) - set(implemented_operations()):
            operation = f"sagemaker:{operation}"  # the name under which passthrough sends it
        caller = Caller(self._state.account, region, "", session, session, strong=False)
        named = {header.lower(): value for header, value in (headers or {}).items()}
        call = Call(operation, resource, caller, "", attempt, Request("POST", named, b""))
        with self._state.lock:
            active = self._find(name)
            rejected = active.would_apply(call, self._state.clock(), self._state.seed)
        condition, reason = rejected or (None, None)
        return {"acts": rejected is None, "condition": condition, "reason": reason}

    def unreachable_rules(self) -> list[str]:
        """Return a warning for each rule that can never act because another decides before it."""
        with self._state.lock:
            rules = [active.rule for active in self._state.faults]
        return [str(problem) for problem in unreachable_rules(rules)]

    def replace(self, faults: FaultSpec) -> None:
        """Replace all rules by these, or by those of a preset. Raises ConfigurationError."""
        rules = _build(faults)
        with self._state.lock:
            self._state.faults.replace(rules, self._state.clock())

    def add(self, rule: Mapping[str, Any]) -> None:
        """Add a rule after all others. Raises ConfigurationError, ConflictError if its name is taken."""
        (built,) = _build([rule])
        with self._state.lock:
            if built.name in self._names():
                raise ConflictError(f"there is a fault {built.name!r} already")
            self._state.faults.put(built, self._state.clock())

    def put(self, name: str, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Add a rule called `name`, or replace the one of that name; return it as `one` does.

        Raises ConfigurationError.
        """
        (built,) = _build([{"name": name, **rule} if isinstance(rule, Mapping) else rule])
        if built.name != name:
            raise ConfigurationError(Problem("name", f"{built.name!r} is not {name!r}, as in the path"))
        with self._state.lock:
            self._state.faults.put(built, self._state.clock())
            return self.one(name)

    def remove(self, name: str) -> None:
        """Remove a rule. Raises NotFoundError where there is no such rule."""
        with self._state.lock:
            self._state.faults.remove(self._find(name).rule.name)

    def set(self, fault: str, settings: Mapping[str, Any]) -> ActiveFault:
        """Add a rule of flat settings: `name`, `ttl`, and those of match, when and the fault.

        Raises ConfigurationError, ConflictError if its name is taken.
        """
        rule = nest_settings(fault, settings)
        with self._state.lock:
            if "name" not in settings:
                names = (fault if n == 1 else f"{fault}-{n}" for n in count(1))
                rule["name"] = next(name for name in names if name not in self._names())
            self.add(rule)
            return ActiveFault(self._state, self._state.faults[rule["name"]])

    def _names(self) -> list[str]:
        return [active.rule.name for active in self._state.faults]

    def _find(self, name: str) -> ActiveRule:
        names = self._names()
        if name not in names:
            raise NotFoundError(f"there is no fault {name!r}{did_you_mean(name, names)}")
        return self._state.faults[name]


def _build(faults: FaultSpec) -> list[FaultRule]:
    validate_part(faults, "faults")
    return build_rules(faults)
