"""A scale of time on which both a millisecond and a minute can be seen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from math import log2

_LEAST = 11.0  # what a bar needs
_WISHED = 840.0  # what a screen has room for
_THINNEST, _WIDEST = 2.0, 20.0  # for each doubling of a stretch
_UNIT = 0.001
_FAR = 70.0


class Scale:
    """Maps seconds to pixels: each stretch between two moments is as wide as the logarithm of it."""

    def __init__(self, moments: Iterable[float]) -> None:
        self._moments = sorted({0.0, *moments})
        doublings = [log2(1 + (after - before) / _UNIT) for before, after in pairwise(self._moments)]
        room = _WISHED - _LEAST * len(doublings)
        each = min(max(room / (sum(doublings) or 1), _THINNEST), _WIDEST)
        self._pixels = list(accumulate((_LEAST + each * d for d in doublings), initial=0.0))

    @property
    def width(self) -> float:
        """How wide the whole is."""
        return self._pixels[-1]

    def __call__(self, moment: float) -> float:
        """Tell the place of one of the moments, or of one before the next."""
        return self._pixels[bisect_right(self._moments, moment) - 1]

    def ticks(self) -> Iterator[tuple[float, float]]:
        """Give moments, with their places, that are far enough apart to be written."""
        last = -_FAR
        for moment, pixel in zip(self._moments, self._pixels, strict=True):
            if pixel - last >= _FAR:
                yield moment, pixel
                last = pixel
