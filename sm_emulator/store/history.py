"""The writes and reads of a store, in order: what every guarantee can be checked by."""

from collections import deque
from typing import NamedTuple

from sm_emulator.store.rules import Consistency, Surface, WriteKind
from sm_emulator.store.version import Key

LENGTH = 100_000
BYTES = 64 * 1024 * 1024
# Roughly what an event takes in memory, without the texts that come from clients
_EVENT_BYTES = 350


class WriteEvent(NamedTuple):
    """A commit: version `version` of its key, the `lsn`-th of the store; `at` in seconds since 1970."""

    at: float
    session: str
    key: Key
    version: int
    lsn: int
    kind: WriteKind


class ReadEvent(NamedTuple):
    """A read: it saw version `version` of the key (0: none yet), while the leader had `latest`.

    `rule` is the rule that the read fell under, None for a consistent read.
    """

    at: float
    session: str
    key: Key
    surface: Surface
    operation: str
    replica: int | None
    version: int
    latest: int
    rule: str | None


class ConsistencyChanged(NamedTuple):
    """The consistency in force from here on."""

    at: float
    consistency: Consistency


class Settled(NamedTuple):
    """All writes so far were made visible everywhere."""

    at: float


Event = WriteEvent | ReadEvent | ConsistencyChanged | Settled


class History:
    """The last events: at most `limit`, about `max_bytes` of memory; `dropped` counts those before.

    The consistency in force at the first of them is kept, so that they can still be checked.
    """

    def __init__(self, limit: int = LENGTH, max_bytes: int = BYTES) -> None:
        self.dropped = 0
        self._limit, self._max_bytes = limit, max_bytes
        self._events: deque[Event] = deque()
        self.bytes = 0
        self._in_force: ConsistencyChanged | None = None

    def append(self, event: Event) -> None:
        """Add an event; the oldest are dropped where there are too many."""
        self._events.append(event)
        self.bytes += _size(event)
        self.shorten(self._max_bytes)

    def shorten(self, max_bytes: int) -> None:
        """Drop the oldest events until about `max_bytes` are left."""
        while len(self._events) > self._limit or self.bytes > max_bytes:
            oldest = self._events.popleft()
            self.bytes -= _size(oldest)
            self.dropped += 1
            if isinstance(oldest, ConsistencyChanged):
                self._in_force = oldest

    def snapshot(self) -> list[Event]:
        """Return a copy, oldest first, that later events do not change."""
        return [*([self._in_force] if self._in_force else []), *self._events]


def _size(event: Event) -> int:
    match event:
        case WriteEvent() | ReadEvent():
            return _EVENT_BYTES + len(event.session) + len(event.key.name)
        case ConsistencyChanged():
            return _EVENT_BYTES + len(repr(event.consistency))
        case _:
            return _EVENT_BYTES
