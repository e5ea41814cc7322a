"""What a schedule can be extended by: the causes that can act at the points of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.explore.mask import Mask, Step
from sm_emulator.explore.run import Run
from sm_emulator.journal.calls import is_read
from sm_emulator.schedule.causes import (
    FAULT_KINDS,
    SLOW,
    Cause,
    Crash,
    Fault,
    Label,
    Late,
    Outcome,
)
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.schedule.script import Point
from sm_emulator.values import did_you_mean

STALE = ("all", "documented", "none")
# One failure stands for all: a program sees the status, and the reason as a text
_FAILURE = "capacity"


@dataclass(frozen=True)
class Kinds:
    """The kinds of causes that are tried.

    `stale`: which reads are late: all, those of which AWS documents it, or none. `faults` are the words
    of a schedule; `outcomes`: operations fail or are slow; `crash`: the program ends after a write, and
    starts again.
    """

    stale: Literal["all", "documented", "none"] = "all"
    faults: tuple[str, ...] = ("lost", "503")
    outcomes: bool = False
    crash: bool = False

    def __post_init__(self) -> None:
        if self.stale not in STALE:
            refuse("stale", self.stale, STALE)
        for kind in self.faults:
            if kind not in FAULT_KINDS:
                refuse("faults", kind, FAULT_KINDS)

    @property
    def words(self) -> tuple[str, ...]:
        """The kinds in words, for the claim of a report."""
        late = {"all": ("late",), "documented": ("late as documented",), "none": ()}[self.stale]
        outcomes = ("failed", SLOW) if self.outcomes else ()
        return (*late, *self.faults, *outcomes, *(("crash",) if self.crash else ()))

    def at(self, point: Point, writes: int) -> Iterator[Cause]:
        """Yield the causes that can act at a point, the strongest form of each.

        `writes` is the number of writes up to it.
        """
        match point.kind:
            case "late":
                if self.stale == "all" or (self.stale == "documented" and point.basis == "documented"):
                    for versions in range(1, point.depth + 1):
                        yield Late(point.label, str(point.subject), None, versions)
            case "request":
                yield from (Fault(point.label, kind) for kind in self.faults)
            case "outcome" if self.outcomes:
                if not point.label.operation.startswith("Delete"):
                    yield Outcome(point.label, _FAILURE)
                yield Outcome(point.label, SLOW)
            case "write" if self.crash:
                yield Crash(writes)


def refuse(option: str, value: Any, allowed: Any) -> None:
    """Raise ConfigurationError that names the option, the value, and what is allowed."""
    hint = did_you_mean(str(value), allowed)
    message = f"{value!r} is not allowed{hint}; allowed: {', '.join(allowed)}"
    raise ConfigurationError(Problem(option, message))


def is_refusal(cause: Cause) -> bool:
    """Return whether a cause ends a request before it does anything, so that a retry is as before."""
    return isinstance(cause, Fault) and FAULT_KINDS[cause.kind].phase == "before"


@dataclass(frozen=True)
class Extensions:
    """The causes that can be added to a schedule, and how many were left out as polls."""

    causes: list[Cause]
    folded: int


def extensions(run: Run, mask: Mask, kinds: Kinds) -> Extensions:
    """Return the causes that can act in a run after its last one.

    Of polls that were answered the same one after the other, only the first and the last are points.
    """
    points = mask.points(run)
    middle = _middle_polls(mask.steps(run))
    first = _after_last(run, points)
    writes, folded = 0, 0
    causes: list[Cause] = []
    for point in points:
        writes += point.kind == "write"
        if point.order < first:
            continue
        own = [cause for cause in kinds.at(point, writes) if not _continues(cause, run.schedule)]
        if point.label in middle:
            folded += len(own)
        else:
            causes += own
    return Extensions(causes, folded)


def _after_last(run: Run, points: Sequence[Point]) -> int:
    """Return the order of the first point after the last at which the schedule of a run began to act."""
    writes, last = 0, -1
    for point in points:
        writes += point.kind == "write"
        if any(_acts(cause, point, writes) for cause in run.schedule.causes):
            last = point.order
    return last + 1


def _continues(cause: Cause, schedule: Schedule) -> bool:
    """Return whether a reader is late already, for as long as this is legal."""
    return isinstance(cause, Late) and any(
        isinstance(other, Late)
        and other.label.operation == cause.label.operation
        and (other.label.resource, other.subject) == (cause.label.resource, cause.subject)
        for other in schedule.causes
    )


def _acts(cause: Cause, point: Point, writes: int) -> bool:
    match cause:
        case Late():
            return (point.kind, point.label, point.subject) == ("late", cause.label, cause.subject)
        case Fault():
            return (point.kind, point.label) == ("request", cause.label)
        case Outcome():
            return (point.kind, point.label) == ("outcome", cause.label)
        case Crash():
            return point.kind == "write" and writes == cause.after


def _middle_polls(steps: Sequence[Step]) -> set[Label]:
    """Return the labels of polls between the first and the last that were answered the same."""
    middle: set[Label] = set()
    numbers: Counter[tuple[str, str]] = Counter()
    for number, step in enumerate(steps):
        request = str(step[0]), str(step[1])
        numbers[request] += 1
        if is_read(request[0]) and number > 0 and steps[number - 1 : number + 2] == [step] * 3:
            middle.add(Label(*request, numbers[request]))
    return middle
