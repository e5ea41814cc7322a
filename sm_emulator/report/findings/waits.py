"""What clients do wrong about the waits between attempts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import median

from sm_emulator.report.finding import Found, finding
from sm_emulator.report.pattern import predictable, spell
from sm_emulator.report.retry_chain import RetryChain
from sm_emulator.report.story import Story

# What a client needs for itself between an answer and the next request, at most, in seconds
_OVERHEAD = 0.03
_FEWEST = 2
_FEWEST_EFFORTS = 3


@finding(
    "A program repeated a request again and again without waiting.",
    do=(
        "Wait between attempts, longer each time and by chance: for example random.uniform(0, min(20, "
        "0.1 * 2**attempt)) seconds."
    ),
)
def retry_without_wait(story: Story) -> Iterator[Found]:
    for effort in story.efforts:
        waits = effort.own_waits
        if len(waits) >= _FEWEST and median(waits) < _OVERHEAD:
            yield Found(
                f"{effort.last.asked} was repeated {len(waits)} times, "
                f"{spell(median(waits))} after the failure in the median.",
                tuple(effort.attempts),
            )


@finding(
    "A program's waits between attempts can be foretold.",
    do=(
        "Draw each wait at random, as random.uniform(0, longest): clients that wait equally long come "
        "back all at once."
    ),
)
def retry_without_jitter(story: Story) -> Iterator[Found]:
    for group in _groups(story):
        waits = group[0].own_waits if len(group) == 1 else [effort.own_waits[0] for effort in group]
        if predictable(waits):
            told = ", ".join(spell(wait) for wait in waits[:6])
            where = "" if len(group) == 1 else f", each time it was repeated ({len(group)} times)"
            first = group[0].last
            yield Found(
                f"{first.asked} was repeated after waits of {told}{where}.",
                tuple(attempt for effort in group for attempt in effort.attempts),
            )


def _groups(story: Story) -> Iterator[list[RetryChain]]:
    """Give efforts by themselves, and, of those with a wait or two, all of a session and operation."""
    short = defaultdict(list)
    for effort in story.efforts:
        if effort.last.waiter or not effort.own_waits:
            continue
        if len(effort.own_waits) > _FEWEST:
            yield [effort]
        else:
            short[effort.last.session, effort.last.operation].append(effort)
    yield from (group for group in short.values() if len(group) >= _FEWEST_EFFORTS)
