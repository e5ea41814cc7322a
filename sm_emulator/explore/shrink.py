"""Fewer late reads: the smallest number of them that still breaks a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sm_emulator.explore.mask import Mask
from sm_emulator.explore.run import Run
from sm_emulator.schedule.causes import Cause, Late
from sm_emulator.schedule.schedule import Schedule


def shrink(
    schedule: Schedule, cause: Cause, most: int, is_broken: Callable[[Schedule], bool]
) -> Schedule:
    """Return the schedule with the fewest late reads that break it, by doubling and bisection.

    It breaks with `most`. The result breaks as well, and with one read fewer it does not.
    """
    survived, reads, breaks = 0, 1, most
    while reads < breaks:
        if is_broken(with_reads(schedule, cause, reads)):
            breaks = reads
        else:
            survived, reads = reads, reads * 2
    while breaks - survived > 1:
        middle = (survived + breaks) // 2
        if is_broken(with_reads(schedule, cause, middle)):
            breaks = middle
        else:
            survived = middle
    return with_reads(schedule, cause, breaks)


def strongest(schedule: Schedule) -> Iterator[Cause]:
    """Yield the causes of a schedule in their strongest forms."""
    for cause in schedule.causes:
        yield replace(cause, reads=None) if isinstance(cause, Late) else cause


def with_reads(schedule: Schedule, cause: Cause, reads: int) -> Schedule:
    """Return the schedule in which one late cause acts on `reads` reads."""
    return replace(
        schedule,
        causes=tuple(
            replace(each, reads=reads) if each is cause and isinstance(each, Late) else each
            for each in schedule.causes
        ),
    )


def most_reads(cause: Cause, run: Run, mask: Mask) -> int:
    """Return how many reads of a run a cause can have made late at most."""
    if not isinstance(cause, Late):
        return 0
    place = cause.label.operation, cause.label.resource, cause.subject
    return sum(
        (point.kind == "late" and point.depth > 0 and point.label.number >= cause.label.number)
        and (point.label.operation, point.label.resource, point.subject) == place
        for point in mask.points(run)
    )
