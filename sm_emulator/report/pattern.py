"""How long a client waits: figures, whether by chance, whether longer each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

# What a machine adds to a wait: shorter waits cannot be told from chance
_SHORTEST = 0.04
_NOISE = 0.002
_SPREAD = 0.05
_GROWTH = 1.25
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Pattern:
    """Waits in seconds. `jittered` and `growing` are None where that cannot be told."""

    count: int
    min: float
    median: float
    max: float
    jittered: bool | None
    growing: bool | None


def pattern(sequences: Sequence[Sequence[float]]) -> Pattern | None:
    """Describe the waits of several efforts, each in order; None where there are none."""
    waits = [wait for sequence in sequences for wait in sequence]
    if not waits:
        return None
    jittered = None
    if any(predictable(sequence) for sequence in sequences):
        jittered = False
    elif len(waits) >= _FEWEST and median(waits) >= _SHORTEST:
        jittered = True
    return Pattern(len(waits), min(waits), median(waits), max(waits), jittered, _growing(sequences))


def predictable(waits: Sequence[float]) -> bool:
    """Tell whether three waits or more are equal, or four or more grow by one factor.

    By chance so many are hardly ever that near: three draws within 5 % are one case in a hundred.
    """
    if len(waits) < _FEWEST or median(waits) < _SHORTEST:
        return False
    if _equal(waits, _NOISE):
        return True
    ratios = [after / before for before, after in pairwise(waits) if before >= _SHORTEST]
    return len(ratios) >= _FEWEST and len(ratios) == len(waits) - 1 and _equal(ratios, 0)


def _equal(values: Sequence[float], noise: float) -> bool:
    return max(values) - min(values) <= _SPREAD * median(values) + noise


def _growing(sequences: Sequence[Sequence[float]]) -> bool | None:
    grown = [after > _GROWTH * before for waits in sequences for before, after in pairwise(waits)]
    return sum(grown) > len(grown) / 2 if grown else None


_UNITS = ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (120.0, 1.0, "s"))


def spell(seconds: float) -> str:
    """Write a duration with three digits at most: 0.4 ms, 12 ms, 1.25 s, 3 min."""
    if seconds == 0:
        return "0 s"
    for below, factor, unit in _UNITS:
        if float(f"{seconds:.3g}") < below:
            return f"{float(f'{seconds * factor:.3g}'):g} {unit}"
    return f"{seconds / 60:.3g} min"


def words(found: Pattern | None) -> Iterator[str]:
    """Say how waits look: their figures, jittered or fixed, growing or not."""
    if found is None:
        return
    yield (
        spell(found.min)
        if found.count == 1
        else (f"{spell(found.min)} / {spell(found.median)} / {spell(found.max)}")
    )
    if found.jittered is not None:
        yield "jittered" if found.jittered else "fixed"
    if found.growing is not None:
        yield "growing" if found.growing else "not growing"
