"""Figures by operation: attempts, who retried, how calls ended, and the waits between attempts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from sm_emulator.report.trace import RetryChain, transient

# What a machine adds to a wait: shorter waits cannot be distinguished from chance
_SHORTEST = 0.04
_NOISE = 0.005
_SPREAD = 0.03
_GROWTH = 1.25
FEWEST_WAITS = 4  # that show a pattern
_UNITS = ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (120.0, 1.0, "s"))


@dataclass(frozen=True, slots=True)
class WaitStatistics:
    """Waits in seconds. `jittered` and `growing` are None where the waits are too few or too short."""

    count: int
    min: float
    median: float
    max: float
    jittered: bool | None
    growing: bool | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one operation.

    `sdk_retries` and `application_retries` are attempts beyond the first, by who made them; where the
    client sent no invocation ids, they count as the application's. `give_ups` are calls that ended with
    a failure that another attempt might have fixed, `refusals` calls that ended with any other failure.
    `stale` counts stale answers, `faults` the attempts that a fault acted on. `waits` describes the
    waits between attempts, None where there were none.
    """

    operation: str
    calls: int
    attempts: int
    sdk_retries: int
    application_retries: int
    give_ups: int
    refusals: int
    stale: int
    faults: int
    waits: WaitStatistics | None


def summarize(chains: Iterable[RetryChain]) -> list[Summary]:
    """Return a summary for each operation, in order of its first call."""
    by: dict[str, list[RetryChain]] = defaultdict(list)
    for chain in chains:
        by[chain.last.operation].append(chain)
    return [_summary(operation, group) for operation, group in by.items()]


def _summary(operation: str, chains: list[RetryChain]) -> Summary:
    attempts = [attempt for chain in chains for attempt in chain.attempts]
    by_sdk = [by_sdk for chain in chains for _, by_sdk in chain.waits]
    failed = [chain.last for chain in chains if not chain.last.succeeded]
    give_ups = sum(transient(last) or last.stale_miss for last in failed)
    return Summary(
        operation=operation or "(none)",
        calls=sum(len(chain.calls) for chain in chains),
        attempts=len(attempts),
        sdk_retries=by_sdk.count(True),
        application_retries=by_sdk.count(False),
        give_ups=give_ups,
        refusals=len(failed) - give_ups,
        stale=sum(attempt.stale for attempt in attempts),
        faults=sum(bool(attempt.faults) for attempt in attempts),
        waits=wait_statistics([[seconds for seconds, _ in chain.waits] for chain in chains]),
    )


def wait_statistics(sequences: Sequence[Sequence[float]]) -> WaitStatistics | None:
    """Describe the waits of several chains, each in order; None where there are none."""
    waits = [wait for sequence in sequences for wait in sequence]
    if not waits:
        return None
    jittered = None
    if any(predictable(sequence) for sequence in sequences):
        jittered = False
    elif len(waits) >= FEWEST_WAITS and median(waits) >= _SHORTEST:
        jittered = True
    grown = [after > _GROWTH * before for each in sequences for before, after in pairwise(each)]
    growing = sum(grown) > len(grown) / 2 if grown else None
    return WaitStatistics(len(waits), min(waits), median(waits), max(waits), jittered, growing)


def predictable(waits: Sequence[float]) -> bool:
    """Return whether four waits or more are equal, or grow by one factor.

    Random waits are rarely that close: four draws from a range of one to two within 3 % are one case in
    a thousand.
    """
    if len(waits) < FEWEST_WAITS or median(waits) < _SHORTEST:
        return False
    if _equal(waits, _NOISE):
        return True
    ratios = [after / before for before, after in pairwise(waits) if before >= _SHORTEST]
    return len(ratios) == len(waits) - 1 and _equal(ratios, 0)


def _equal(values: Sequence[float], noise: float) -> bool:
    return max(values) - min(values) <= _SPREAD * median(values) + noise


def duration(seconds: float) -> str:
    """Format a duration with three digits at most: 0.4 ms, 12 ms, 1.25 s, 3 min."""
    if seconds == 0:
        return "0 s"
    for below, factor, unit in _UNITS:
        if float(f"{seconds:.3g}") < below:
            return f"{float(f'{seconds * factor:.3g}'):g} {unit}"
    return f"{seconds / 60:.3g} min"


def describe_waits(waits: Mapping[str, Any] | None) -> str:
    """Return a description of wait statistics: figures, jittered or fixed, growing or not."""
    if waits is None:
        return ""
    figures = ["min"] if waits["count"] == 1 else ["min", "median", "max"]
    parts = [" / ".join(duration(waits[figure]) for figure in figures)]
    for figure, no in (("jittered", "fixed"), ("growing", "not growing")):
        if waits[figure] is not None:
            parts.append(figure if waits[figure] else no)
    return ", ".join(parts)
