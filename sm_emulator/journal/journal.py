"""The journal of a scenario: a bounded ring of exchanges."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from threading import Lock

from sm_emulator.journal.exchange import Exchange

_LONGEST_BODY = 16_384


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """Which exchanges are meant: globs over operation and resource, an HTTP status, a time.

    `since` is in seconds since 1970, by the scenario's clock. What is None, or "*", fits all.
    """

    operation: str = "*"
    resource: str = "*"
    status: int | None = None
    since: float | None = None

    def __call__(self, exchange: Exchange) -> bool:
        return (
            fnmatchcase(exchange.operation, self.operation)
            and fnmatchcase(exchange.resource, self.resource)
            and self.status in {None, exchange.status}
            and (self.since is None or exchange.at >= self.since)
        )


@dataclass(frozen=True, slots=True)
class Entries:
    """Exchanges of a journal, oldest first.

    `next` is what the exchanges behind these come after, None where there are no more; `dropped` counts
    those that the journal no longer has.
    """

    exchanges: list[Exchange]
    next: int | None
    dropped: int


class Journal:
    """The last `limit` exchanges, in the order in which they ended; `bodies`: with their bodies."""

    def __init__(self, limit: int, *, bodies: bool = False) -> None:
        self._ring: deque[Exchange] = deque(maxlen=limit)
        self._lock = Lock()  # whoever reads must not meet a ring that changes under it
        self._recorded = 0
        self._bodies = bodies

    def record(self, exchange: Exchange, request: bytes, answer: bytes) -> None:
        """Add an exchange; the oldest goes where the ring is full."""
        if self._bodies:
            exchange = exchange._replace(bodies=(request[:_LONGEST_BODY], answer[:_LONGEST_BODY]))
        with self._lock:
            self._ring.append(exchange)
            self._recorded += 1

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._ring))

    def entries(self, wanted: JournalFilter, after: int = 0, limit: int | None = None) -> Entries:
        """Give the first `limit` (None: all) of those `wanted`, behind the `after`th ever recorded."""
        with self._lock:
            ring, dropped = list(self._ring), self._recorded - len(self._ring)
        numbered = ((n, item) for n, item in enumerate(ring, dropped + 1) if n > after and wanted(item))
        page = list(numbered if limit is None else islice(numbered, limit))
        more = next(numbered, None) is not None
        return Entries([item for _, item in page], page[-1][0] if page and more else None, dropped)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._ring.clear()

    def __len__(self) -> int:
        return len(self._ring)
