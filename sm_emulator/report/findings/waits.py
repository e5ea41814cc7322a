"""Mistakes about the waits between attempts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import median

from sm_emulator.report.finding import Occurrence, finding
from sm_emulator.report.summary import FEWEST_WAITS, duration, predictable
from sm_emulator.report.trace import RetryChain, Trace

# Without a wait, a client needs some milliseconds between an answer and the next request. Three quarters
# of the waits are that short: on a busy machine one may be longer, and a back-off may start shorter.
_OVERHEAD = 0.02
_FEWEST = 3
_FEWEST_LOOKS = 4  # fewer reads may come from independent callers


@finding(
    "A program retried a request three times or more without waiting (less than 20 ms).",
    example="`for _ in range(5): try …`",
    advice=(
        "Wait between attempts, longer each time and by chance: for example random.uniform(0, min(20, "
        "0.1 * 2**attempt)) seconds."
    ),
)
def retry_without_wait(trace: Trace) -> Iterator[Occurrence]:
    for chain in trace.chains:
        waits = chain.own_waits
        fewest = _FEWEST_LOOKS if chain.is_poll else _FEWEST
        if len(waits) >= fewest and sorted(waits)[len(waits) * 3 // 4] < _OVERHEAD:
            yield Occurrence(
                f"{chain.last.label} was retried {len(waits)} times, with a median wait of "
                f"{duration(median(waits))}.",
                tuple(chain.attempts),
            )


@finding(
    "A program's waits between attempts are predictable: equal, or growing by one factor.",
    example="`time.sleep(1)` in the loop",
    advice=(
        "Draw each wait at random, as random.uniform(0, longest): clients that wait equally long come "
        "back at the same moment."
    ),
)
def retry_without_jitter(trace: Trace) -> Iterator[Occurrence]:
    for group in _groups(trace):
        waits = group[0].own_waits if len(group) == 1 else [chain.own_waits[0] for chain in group]
        if predictable(waits):
            listed = ", ".join(duration(wait) for wait in waits[:6])
            where = "" if len(group) == 1 else f", in {len(group)} separate calls"
            yield Occurrence(
                f"{group[0].last.label} was retried after waits of {listed}{where}.",
                tuple(attempt for chain in group for attempt in chain.attempts),
            )


def _groups(trace: Trace) -> Iterator[list[RetryChain]]:
    """Yield chains alone, and those with few waits together, by session and operation."""
    short = defaultdict(list)
    for chain in trace.chains:
        if chain.last.waiter or chain.is_poll or not chain.own_waits:
            continue
        if len(chain.own_waits) >= FEWEST_WAITS:
            yield [chain]
        else:
            short[chain.last.session, chain.last.operation].append(chain)
    yield from short.values()
