"""The journal of a scenario: a bounded ring of exchanges."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sm_emulator.journal.exchange import Exchange


class Journal:
    """The last `limit` exchanges, oldest first."""

    def __init__(self, limit: int) -> None:
        self._ring: deque[Exchange] = deque(maxlen=limit)

    def record(self, exchange: Exchange) -> None:
        """Add an exchange; the oldest goes where the ring is full."""
        self._ring.append(exchange)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._ring)

    def __len__(self) -> int:
        return len(self._ring)
