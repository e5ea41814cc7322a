"""The keys of one type in one region, in order: what a list goes through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from sortedcontainers import SortedList

from sm_emulator.store.version import Chain, Version

SortBy = Literal["name", "created"]
# Where an item stands: (its name,), or (the lsn of its creation, its name). No two are equal.
Position = tuple[str] | tuple[int, str]


class Order(NamedTuple):
    """What items are sorted by, and whether the last comes first."""

    by: SortBy = "name"
    descending: bool = False

    def position(self, name: str, version: Version) -> Position:
        """Tell where an item stands that shows `version`."""
        return (name,) if self.by == "name" else (version.created, name)

    def within(self, position: Position, after: Position | None, until: Position | None) -> bool:
        """Tell whether `position` lies behind `after`, and not behind `until`; None: no limit."""
        low, high = (until, after) if self.descending else (after, until)
        above = low is None or position > low or (position == low and self.descending)
        below = high is None or position < high or (position == high and not self.descending)
        return above and below


@dataclass(slots=True)
class Index:
    """The settled live keys, sorted in both ways, and beside them the chains of the unsettled.

    `pages` counts the pages that each session has read.
    """

    names: SortedList = field(default_factory=SortedList)
    created: SortedList = field(default_factory=SortedList)
    unsettled: dict[str, Chain] = field(default_factory=dict)
    pages: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, version: Version) -> None:
        """Take a key whose one version everyone sees."""
        self.names.add(name)
        self.created.add((version.created, name))

    def remove(self, name: str, version: Version) -> None:
        """Let go of a key."""
        self.names.remove(name)
        self.created.remove((version.created, name))

    def settled(self, order: Order, after: Position | None) -> Iterator[str]:
        """Go through the names of settled keys behind `after`, in `order`."""
        by_name = order.by == "name"
        edge = after[0] if after and by_name else after
        low, high = (None, edge) if order.descending else (edge, None)
        found = (self.names if by_name else self.created).irange(
            low, high, inclusive=(False, False), reverse=order.descending
        )
        return found if by_name else (name for _, name in found)

    def count_page(self, session: str) -> int:
        """Tell how many pages `session` has read, and count one more."""
        nth = self.pages.get(session, 0)
        self.pages[session] = nth + 1
        return nth
