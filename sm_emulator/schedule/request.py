"""One request under a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from sm_emulator.faults.registry import (
    FAULTS,
    NOTHING,
    Effect,
    FaultContext,
    FaultFunction,
    Phase,
    Recent,
)
from sm_emulator.schedule.causes import (
    FAULT_KINDS,
    Cause,
    Crash,
    Fault,
    Label,
    Outcome,
    resource_text,
)
from sm_emulator.schedule.script import Basis, Point, Script
from sm_emulator.store.version import Key, Version
from sm_emulator.wire.call import Call, type_of

# Returns what a reader sees of a value: two versions that look the same are no choice
Look = Callable[[object], object]

_CHANGES = ("Create", "Update", "Delete", "Add")
# Whose load of a configuration AWS calls eventually consistent (page of CreateEndpoint)
_DOCUMENTED = ("CreateEndpoint", "UpdateEndpoint")


class ScriptedRequest:
    """One request under a script: the faults that act on it, its reads, and what it begins.

    `causes` has, in words, what acted on it so far.
    """

    def __init__(self, script: Script, label: Label, call: Call) -> None:
        self.label = label
        self.causes: list[str] = []
        self._script = script
        self._call = call
        self._arrived = script.add_point(label, "request")

    def act(self, phase: Phase, *, happened: bool = False) -> Effect:
        """Return the effect of the causes in a phase; `happened`: the operation has, and succeeded."""
        if happened and self.label.operation.startswith(_CHANGES):
            written = self._script.add_point(self.label, "write")
            self._script.writes += 1
            crash = Crash(self._script.writes)
            if crash in self._script.schedule.causes:
                return NOTHING.then(self._act(crash, written), Effect(delivery=self._script.crash()))
        for fault in self._faults():
            if FAULT_KINDS[fault.kind].phase == phase:
                effect = _effect(fault.kind)(FaultContext(self._call, 0.0, 0.5, Recent(1)))
                assert isinstance(effect, Effect)
                return NOTHING.then(self._act(fault, self._arrived), effect)
        return NOTHING

    def choose(self, look: Look, key: Key, versions: Sequence[Version]) -> tuple[int, str]:
        """Return which of the legal versions of a key the request sees, and the choice in words."""
        newest = len(versions) - 1
        looks, older = [look(versions[newest].value)], []
        for position in range(newest - 1, -1, -1):
            if (seen := look(versions[position].value)) not in looks:
                looks.append(seen)
                older.append(position)
        subject = self._script.subject(key.type, key.name)
        absent = bool(older) and versions[older[0]].value is None
        basis = _basis(self.label.operation, key.type, was_absent=absent)
        point = self._script.add_point(self.label, "late", subject, len(older), basis)
        selected = self._script.select(self.label, subject, versions, older)
        if selected is None:
            return newest, f"newest of {len(older) + 1}: {subject}" if older else ""
        return selected[1], self._act(selected[0], point)

    def outcome(self) -> str | None:
        """Return how what the request begins ends: a failure, `slow`, or None, as planned."""
        subject = resource_text(type_of(self.label.operation), self.label.resource)
        point = self._script.add_point(self.label, "outcome", subject)
        for cause in self._script.schedule.causes:
            if isinstance(cause, Outcome) and cause.label == self.label:
                self._act(cause, point)
                return cause.name
        return None

    def _faults(self) -> Iterator[Fault]:
        for cause in self._script.schedule.causes:
            if isinstance(cause, Fault):
                first, number = cause.label, self.label.number - cause.label.number
                same = (first.operation, first.resource) == (self.label.operation, self.label.resource)
                if same and number >= 0 and (cause.times is None or number < cause.times):
                    yield cause

    def _act(self, cause: Cause, point: Point) -> str:
        words = self._script.act(cause, point)
        if words not in self.causes:
            self.causes.append(words)
        return words


@cache
def _effect(kind: str) -> FaultFunction:
    effect = FAULT_KINDS[kind].effect
    return FAULTS[effect["fault"]].build(effect)


def _basis(operation: str, type_: str, *, was_absent: bool) -> Basis:
    if operation in _DOCUMENTED and type_ == "EndpointConfig":
        return "documented"
    if operation == "DescribeEndpoint" or (operation.startswith("Describe") and was_absent):
        return "sdk"
    return "extrapolated"


def arrive(script: Script, call: Call) -> ScriptedRequest | None:
    """Return the part of a request in a script; None for one of another service, which has no label."""
    label = script.label(call)
    return ScriptedRequest(script, label, call) if label else None
