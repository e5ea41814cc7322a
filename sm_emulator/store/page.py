"""One page of a list: what is settled, and what one replica shows of the rest, merged in order."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from sm_emulator.store.index import Order, Position
from sm_emulator.store.version import Version

# Lists of several pages that are fixed by their first; the oldest go
MANY = 32


class Item(NamedTuple):
    """One entry of a list, and where it stands."""

    position: Position
    name: str
    version: Version


def page(
    settled: Iterator[Item],
    unsettled: list[Item],
    order: Order,
    after: Position | None,
    limit: int | None,
) -> tuple[list[Item], Position | None]:
    """Merge up to `limit` items behind `after`; beside them the last one's position if there are more.

    `settled` comes in order and from behind `after`; `unsettled` as it comes.
    """
    shown = [
        item
        for item in unsettled
        if item.version.value is not None and order.within(item.position, after, None)
    ]
    shown.sort(key=lambda item: item.position, reverse=order.descending)
    merged = heapq.merge(settled, shown, key=lambda item: item.position, reverse=order.descending)
    if limit is None:
        return list(merged), None
    items = list(islice(merged, limit + 1))
    return items[:limit], items[limit - 1].position if len(items) > limit else None


class ExpiredError(LookupError):
    """A list's further pages are asked for, but what they show is no longer known."""


class Snapshots:
    """What the first pages of the last MANY lists have fixed for the pages that follow."""

    def __init__(self) -> None:
        self._items: OrderedDict[int, list[Item]] = OrderedDict()
        self._count = 0

    def keep(self, items: list[Item]) -> int:
        """Keep a list; gives the number to ask for it by."""
        self._count += 1
        self._items[self._count] = items
        if len(self._items) > MANY:
            self._items.popitem(last=False)
        return self._count

    def page(self, number: int, start: int, limit: int) -> tuple[list[Item], int | None]:
        """Give items from `start` on, and where the next page starts. Raises ExpiredError."""
        items = self._items.get(number)
        if items is None:
            raise ExpiredError
        end = start + limit
        return items[start:end], end if end < len(items) else None
