"""Figures by operation: attempts, who retried, how calls ended, and the waits between attempts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb, inf, prod
from statistics import median
from typing import Any

from sm_emulator.report.trace import RetryChain, transient

# A machine adds to every wait, but nearly the same: with eight clients on two processors, five waits
# differ by less than 4 ms in 99 of 100 cases. Timers of long waits differ by a share of them.
_NOISE, _TIMER = 0.006, 0.002
# Jitter is at least a tenth of the wait wide, and as wide as a few requests take
_NARROWEST, _FEW_REQUESTS = 0.1, 0.02
_CHANCE = 1 / 80  # that such jitter is taken for none, at most
_SHORTEST = 0.09  # shorter waits are not judged
_FACTORS = (1, 1.25, 1.5, 2, 3, 4, 5, 10)  # by which programs let their waits grow
_SPARE = 5  # waits, of which one may be longer, where the others are enough
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
        *usual, _longest = sorted(waits)
        spread = usual[-1] - usual[0] > 4 * _NOISE
        jittered = (spread and not any(predictable(each, inf) for each in sequences)) or None
    grown = [after > _GROWTH * before for each in sequences for before, after in pairwise(each)]
    growing = sum(grown) > len(grown) / 2 if grown else None
    return WaitStatistics(len(waits), min(waits), median(waits), max(waits), jittered, growing)


def predictable(waits: Sequence[float], chance: float = _CHANCE) -> bool:
    """Return whether waits are equal or grow by one factor, which jitter does with less than a chance.

    The first does not count: it includes what a client does once, after its first error.
    """
    later = waits[1:]
    enough = len(waits) >= FEWEST_WAITS and min(later) >= _SHORTEST
    return enough and any(_fixed(later, factor, chance) for factor in _FACTORS)


def _fixed(waits: Sequence[float], factor: float, chance: float) -> bool:
    """Return whether waits are powers of a factor times some base, and what a machine adds to each.

    The narrowest jitter must fit as well with less than a chance, which depends on the waits' number and
    length. It does not depend on their spread, so that a program gets the same verdict in each run.
    """
    scaled = sorted(
        (wait / factor**n, max(_NOISE, _TIMER * wait) / factor**n) for n, wait in enumerate(waits)
    )
    base = scaled[0][0]
    width = max(_NARROWEST * base, _FEW_REQUESTS if factor == 1 else 0)
    for spared in range(1 + len(waits) // _SPARE):
        part = scaled[: len(scaled) - spared]
        within = [min(1, noise / width) for _, noise in part]
        by_jitter = comb(len(scaled), spared) * sum(prod(within) / each for each in within)
        if by_jitter < chance and all(wait - noise <= base for wait, noise in part):
            return True
    return False


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
