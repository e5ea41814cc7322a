"""The journal of a scenario: a bounded ring of exchanges."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import inf
from threading import Lock
from typing import Any

from sm_emulator.journal.exchange import Exchange
from sm_emulator.values import matches_glob

_LONGEST_BODY = 16_384


@dataclass(frozen=True, slots=True)
class Entries:
    """A page of a journal, oldest first.

    `next` is the `after` of the next page, None on the last; `dropped` counts the exchanges that the
    journal discarded to keep its limits.
    """

    exchanges: list[Exchange]
    next: int | None
    dropped: int

    def as_json(self) -> dict[str, Any]:
        """Return the page as a JSON object."""
        exchanges = [exchange.as_json() for exchange in self.exchanges]
        return {"exchanges": exchanges, "next": self.next, "dropped": self.dropped}


class Journal:
    """The last exchanges, at most `limit` and about `max_bytes`, in the order in which they ended.

    With `bodies`, the first 16 KiB of each body are kept too. `dropped` counts the exchanges that were
    discarded to keep these limits; `clear` discards none in this sense.
    """

    def __init__(
        self, limit: int = 10_000, max_bytes: int = 64 * 2**20, *, bodies: bool = False
    ) -> None:
        self._ring: deque[Exchange] = deque()
        self._lock = Lock()  # a reader must not iterate over a ring that changes
        self._limit = limit
        self._max_bytes = max_bytes
        self._sizes: deque[int] = deque()
        self.bytes = 0
        self._recorded = 0
        self._bodies = bodies
        self.dropped = 0

    def record(self, exchange: Exchange, request: bytes, answer: bytes) -> None:
        """Add an exchange; a full journal discards its oldest."""
        if self._bodies:
            exchange.bodies = (request[:_LONGEST_BODY], answer[:_LONGEST_BODY])
        size = exchange.size
        with self._lock:
            self._ring.append(exchange)
            self._sizes.append(size)
            self._recorded += 1
            self.bytes += size
            self._discard(self._max_bytes)

    def shorten(self, max_bytes: int) -> None:
        """Discard the oldest exchanges until about `max_bytes` are left."""
        with self._lock:
            self._discard(max_bytes)

    def _discard(self, max_bytes: int) -> None:
        while len(self._ring) > self._limit or self.bytes > max_bytes:
            self._ring.popleft()
            self.bytes -= self._sizes.popleft()
            self.dropped += 1

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._ring))

    def entries(
        self,
        *,
        operation: str = "*",
        resource: str = "*",
        status: int | None = None,
        since: float = -inf,
        after: int = 0,
        limit: int | None = None,
        last: int | None = None,
    ) -> Entries:
        """Return the first `limit` (None: all) exchanges after the `after`th that match, or the `last`.

        `operation` and `resource` are globs, `status` is an HTTP status, `since` a time in seconds since
        1970 by the scenario's clock.
        """
        with self._lock:
            ring, first, dropped = list(self._ring), self._recorded - len(self._ring) + 1, self.dropped
        found = (
            (number, item)
            for number, item in enumerate(ring, first)
            if number > after
            and matches_glob(item.operation, operation)
            and matches_glob(item.resource, resource)
            and status in {None, item.status}
            and item.at >= since
        )
        page = list(islice(found, limit) if last is None else deque(found, last))
        more = next(found, None) is not None
        return Entries([item for _, item in page], page[-1][0] if page and more else None, dropped)

    def clear(self) -> None:
        """Remove all exchanges."""
        with self._lock:
            self._ring.clear()
            self._sizes.clear()
            self.bytes = 0

    def __len__(self) -> int:
        return len(self._ring)
