"""The keys of one type in one region, in order: what a list goes through."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, NamedTuple

from sortedcontainers import SortedList

from sm_emulator.store.version import Chain, Version

SortBy = Literal["name", "created"]
# The position of an item in a list, unique: (its name,), or (the lsn of its creation, its name)
Position = tuple[str] | tuple[int, str]
# Positions are copied in blocks, since reading a key may change the index
_BLOCK = 128


class SortOrder(NamedTuple):
    """The member that items are sorted by, and the direction."""

    by: SortBy = "name"
    descending: bool = False

    def position(self, name: str, version: Version) -> Position:
        """Return the position of an item that shows `version`."""
        return (name,) if self.by == "name" else (version.created, name)

    def within(self, position: Position, after: Position | None, until: Position | None) -> bool:
        """Return whether `position` comes after `after` and not after `until`; None: no limit."""
        if self.descending:
            return (after is None or position < after) and (until is None or position >= until)
        return (after is None or position > after) and (until is None or position <= until)


@dataclass(slots=True)
class Index:
    """The positions of all keys that any read may see, in both orders, and the unsettled chains.

    A key has one position by name, and one by creation for each create that a version descends from.
    `pages` counts the pages that each session has read.
    """

    names: SortedList = field(default_factory=SortedList)
    created: SortedList = field(default_factory=SortedList)
    unsettled: dict[str, Chain] = field(default_factory=dict)
    pages: dict[str, int] = field(default_factory=dict)

    def update(self, name: str, before: tuple[Version, ...], after: tuple[Version, ...]) -> None:
        """Replace the positions that the versions `before` of a key have by those of `after`."""
        if after and not before:
            self.names.add(name)
        elif before and not after:
            self.names.remove(name)
        old, new = _creations(before), _creations(after)
        if old != new:
            for created in old - new:
                self.created.remove((created, name))
            for created in new - old:
                self.created.add((created, name))

    def scan(self, order: SortOrder, after: Position | None) -> Iterator[Position]:
        """Go through the positions after `after`, in `order`; the index may change meanwhile."""
        by_name = order.by == "name"
        entries = self.names if by_name else self.created
        while True:
            edge = after[0] if after and by_name else after
            low, high = (None, edge) if order.descending else (edge, None)
            found = entries.irange(low, high, inclusive=(False, False), reverse=order.descending)
            block = list(islice(found, _BLOCK))
            if not block:
                return
            for entry in block:
                after = (entry,) if by_name else entry
                yield after


def _creations(versions: tuple[Version, ...]) -> set[int]:
    return {version.created for version in versions if version.value is not None}
