"""Whether a schedule fits the program that ran under it: which causes have not acted, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sm_emulator.errors import ConflictError
from sm_emulator.schedule.causes import Cause, Crash, Label, Late
from sm_emulator.schedule.script import Point, Script

# How many requests are named where one never came
_NAMED = 8


class MisfitError(ConflictError):
    """A cause of a schedule has not acted at the points of a run."""

    def __init__(self, cause: Cause, points: Sequence[Point]) -> None:
        super().__init__(f"schedule does not fit this program any more: {_reason(cause, points)}")


def check(script: Script) -> None:
    """Raise MisfitError for the first cause that has not acted."""
    for cause in script.unmet():
        raise MisfitError(cause, script.points)


def effects(script: Script) -> list[dict[str, Any]]:
    """Return for each cause how often it acted, how often it may (None: always), and why it has not."""
    reasons = dict(misfits(script))
    return [
        {
            "cause": str(cause),
            "consumed": script.consumed[cause],
            "count": cause.count,
            "misfit": reasons.get(cause, ""),
        }
        for cause in script.schedule.causes
    ]


def misfits(script: Script) -> Iterator[tuple[Cause, str]]:
    """Yield the causes that have not acted, and for each the reason."""
    for cause in script.unmet():
        yield cause, _reason(cause, script.points)


def _reason(cause: Cause, points: Sequence[Point]) -> str:
    if isinstance(cause, Crash):
        writes = sum(point.kind == "write" for point in points)
        return f"write {cause.after} never came; it made {writes} writes"
    label = cause.label
    seen = [point for point in points if point.label == label]
    if not seen:
        return f"{label} never came; it made {_made(label, points)}"
    if not isinstance(cause, Late):
        return f"{label} began nothing that can fail: it was refused before"
    reads = {str(point.subject): point.depth for point in seen if point.kind == "late"}
    if cause.subject in reads:
        depth = reads[cause.subject]
        had = f"at most {depth} versions behind was legal" if depth else "nothing older was legal"
        return f"{label} read {cause.subject}, of which {had}"
    return f"{label} did not read {cause.subject}; it read {', '.join(reads) or 'nothing'}"


def _made(label: Label, points: Sequence[Point]) -> str:
    """Return the requests that came, those of the same operation before the others."""
    labels = [point.label for point in points if point.kind == "request"]
    labels.sort(key=lambda one: one.operation != label.operation)
    more = f", … and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return f"{', '.join(map(str, labels[:_NAMED])) or 'no request'}{more}"
