"""A schedule: its causes, and their text.

CreateEndpoint(ep)#1 late EndpointConfig(cfg) x3 ; CreateEndpointConfig(cfg)#1 lost ; crash after 2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from sm_emulator.schedule.causes import Cause
from sm_emulator.schedule.parser import parse

# How much a count without an end adds to the size of a schedule
_ENDLESS = 1_000_000


@dataclass(frozen=True)
class Schedule:
    """Causes, in the order in which they are written. Without one, every read returns the newest."""

    causes: tuple[Cause, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the schedule that a text describes.

        Raises ScheduleError that names the character, the word there, and what is allowed.
        """
        return cls(parse(text))

    @property
    def size(self) -> tuple[int, int]:
        """The number of causes, and how often they act in total: the smaller is simpler."""
        return len(self.causes), sum(_ENDLESS if c.count is None else c.count for c in self.causes)

    def having(self, *more: Cause) -> Self:
        """Return this schedule with further causes."""
        return replace(self, causes=(*self.causes, *more))

    def sorted_by(self, order: Sequence[Cause]) -> Self:
        """Return it with its causes in this order of occurrence; those that did not occur come last."""
        place = {cause: number for number, cause in enumerate(order)}
        return replace(self, causes=tuple(sorted(self.causes, key=lambda c: place.get(c, len(place)))))

    def __str__(self) -> str:
        return " ; ".join(map(str, self.causes))
