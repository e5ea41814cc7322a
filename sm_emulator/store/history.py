"""What was written and what was read, in order: enough to check every guarantee by."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from sm_emulator.store.rule import Consistency, Kind, Surface
from sm_emulator.store.version import Key

LENGTH = 100_000


class WriteEvent(NamedTuple):
    """A commit: the `n`-th of its key, the `lsn`-th of the store; `at` in seconds since 1970."""

    at: float
    session: str
    key: Key
    n: int
    lsn: int
    kind: Kind


class ReadEvent(NamedTuple):
    """A read: it saw the key's write number `n` (0: none yet), while the newest was `head`.

    `rule` is the rule that the read fell under, None for a consistent read.
    """

    at: float
    session: str
    key: Key
    surface: Surface
    operation: str
    replica: int | None
    n: int
    head: int
    rule: str | None


class ConsistencyChanged(NamedTuple):
    """The consistency that holds from here on."""

    at: float
    consistency: Consistency


class Settled(NamedTuple):
    """Everything written so far was made visible everywhere."""

    at: float


Event = WriteEvent | ReadEvent | ConsistencyChanged | Settled


# As kept: what is written and read in bare tuples of text and numbers, told apart by their length. They
# cost a third of a named one, and the garbage collector looks at them once.
_Kept = tuple[Any, ...] | ConsistencyChanged | Settled
_WROTE = 8


class History:
    """The last events, at most LENGTH; `dropped` counts those before them.

    The consistency that the first of them met is kept, so that they can still be checked.
    """

    def __init__(self) -> None:
        self._noted = 0
        # the consistencies that were ever in force, and how many events came before each
        self._in_force: list[tuple[int, ConsistencyChanged]] = []
        self._events: deque[_Kept] = deque(maxlen=LENGTH)

    @property
    def dropped(self) -> int:
        """How many events came before those that are kept."""
        return self._noted - len(self._events)

    def wrote(self, at: float, session: str, key: Key, n: int, lsn: int, kind: Kind) -> None:
        """Note a commit, as Wrote has it."""
        self._noted += 1
        self._events.append((at, session, key.region, key.type, key.name, n, lsn, kind))

    def saw(
        self,
        at: float,
        session: str,
        key: Key,
        surface: Surface,
        operation: str,
        replica: int | None,
        n: int,
        head: int,
        rule: str | None,
    ) -> None:
        """Note a read, as Saw has it."""
        self._noted += 1
        self._events.append(
            (at, session, key.region, key.type, key.name, surface, operation, replica, n, head, rule)
        )

    def note(self, event: ConsistencyChanged | Settled) -> None:
        """Note what holds for all keys."""
        if isinstance(event, ConsistencyChanged):
            past = [force for force in self._in_force if force[0] < self.dropped]
            self._in_force = [*past[-1:], *self._in_force[len(past) :], (self._noted, event)]
        self._noted += 1
        self._events.append(event)

    def __iter__(self) -> Iterator[Event]:
        past = [event for before, event in self._in_force if before < self.dropped]
        yield from past[-1:]
        for kept in self._events:
            if isinstance(kept, (ConsistencyChanged, Settled)):
                yield kept
            else:
                event = WriteEvent if len(kept) == _WROTE else ReadEvent
                yield event._make((*kept[:2], Key(*kept[2:5]), *kept[5:]))
