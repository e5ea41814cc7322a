"""Judging a run against the reference: what is broken, and of which class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sm_emulator.explore.invariant import Invariant
from sm_emulator.explore.mask import Mask
from sm_emulator.explore.run import Run
from sm_emulator.schedule.causes import SLOW, Crash, Outcome

# The classes of breaks, the first of a run is the run's
CLASSES: Mapping[str, str] = {
    "hang": "it did not end in time",
    "error": "it failed, and not by an injected error",
    "early": "it succeeded while an endpoint was still changing",
    "dishonest": "it succeeded over a failed endpoint",
    "missing": "a resource does not exist in the end",
    "wrong": "a resource differs in the end",
    "duplicate": "a resource exists twice in the end",
    "leak": "a resource is left in the end",
    "invariant": "an invariant does not hold in the end",
    "crash": "it does not converge after a crash",
}


@dataclass(frozen=True)
class Violation:
    """One thing that is broken: its class and what it is."""

    kind: str
    message: str


@dataclass(frozen=True)
class Verdict:
    """What is broken in a run, the most important first.

    `gave_up`: the program ended with an error that was injected. That counts as its tolerance, not as
    a break.
    """

    violations: tuple[Violation, ...] = ()
    gave_up: bool = False

    @property
    def kind(self) -> str:
        """The class of the break, "" where there is none."""
        return self.violations[0].kind if self.violations else ""


def judge(run: Run, reference: Run, mask: Mask, invariants: Sequence[Invariant] = ()) -> Verdict:
    """Return the verdict about a run."""
    found = [*_violations(run, reference, mask), *_broken(run, invariants)]
    if found and any(isinstance(cause, Crash) for cause in run.schedule.causes):
        messages = dict.fromkeys(f"{each.kind}: {each.message}" for each in found)
        found = [Violation("crash", message) for message in messages]
    return Verdict(tuple(found), bool(run.ending.code) and run.ending.injected)


def _violations(run: Run, reference: Run, mask: Mask) -> Iterator[Violation]:
    ending = run.ending
    if ending.timed_out:
        yield Violation("hang", f"it did not end in {ending.timed_out} time")
    elif ending.code:
        if not (ending.injected or _fails_by_outcome(run)):
            yield Violation("error", ending.error or f"exit code {ending.code}")
    else:
        yield from _early(run, reference, mask)
        yield from _dishonest(run, reference)
        yield from differences(mask.state(run, run.settled), mask.state(reference, reference.settled))


def _fails_by_outcome(run: Run) -> bool:
    """Return whether the schedule made an operation fail: then it is right that the program fails."""
    causes = [cause for cause in run.schedule.causes if cause not in run.unmet]
    return any(isinstance(cause, Outcome) and cause.name != SLOW for cause in causes)


def _early(run: Run, reference: Run, mask: Mask) -> Iterator[Violation]:
    at_exit, settled = mask.state(run, run.at_exit), mask.state(run, run.settled)
    usual = mask.state(reference, reference.at_exit), mask.state(reference, reference.settled)
    for key, members in at_exit.items():
        moves = members != settled.get(key)
        if moves and usual[0].get(key) == usual[1].get(key):
            status = _status(members)
            yield Violation("early", f"{key} was {status or 'still changing'} when it ended")


def _dishonest(run: Run, reference: Run) -> Iterator[Violation]:
    for key, members in run.settled.items():
        if _status(members) == "Failed" and _status(reference.settled.get(key, {})) != "Failed":
            yield Violation("dishonest", f"{key} is Failed, and it reported success")


def differences(
    state: Mapping[str, Mapping[str, Any]], expected: Mapping[str, Mapping[str, Any]]
) -> Iterator[Violation]:
    """Yield how the resources differ from what is expected, both masked."""
    for key in expected:
        if key not in state:
            yield Violation("missing", f"{key} does not exist")
        elif state[key] != expected[key]:
            yield Violation("wrong", f"{key}: {_first_difference(state[key], expected[key])}")
    for key, members in state.items():
        if key not in expected:
            twins = [other for other in state if other in expected and _alike(state, other, key)]
            if twins:
                yield Violation("duplicate", f"{key} is {twins[0]} once more")
            else:
                status = _status(members)
                yield Violation("leak", f"{key} is left{f', {status}' if status else ''}")


def _alike(state: Mapping[str, Mapping[str, Any]], one: str, other: str) -> bool:
    own = [
        {
            name: v
            for name, v in state[key].items()
            if name not in {f"{_type(key)}Name", f"{_type(key)}Arn"}
        }
        for key in (one, other)
    ]
    return own[0] == own[1]


def _first_difference(members: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    name = next(n for n in (*expected, *members) if members.get(n) != expected.get(n))
    return f"{name} is {members.get(name)!r} instead of {expected.get(name)!r}"


def _status(members: Mapping[str, Any]) -> str:
    return next((str(value) for name, value in members.items() if name.endswith("Status")), "")


def _type(key: str) -> str:
    return key.partition("(")[0]


def _broken(run: Run, invariants: Sequence[Invariant]) -> Iterator[Violation]:
    for each in invariants:
        if message := each.broken(run.settled):
            yield Violation("invariant", f"{each.text}: {message}")
