"""What was written and what was read, in order: enough to check every guarantee by."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sm_emulator.store.rule import Consistency, Kind, Surface
from sm_emulator.store.version import Key

LENGTH = 100_000


class Wrote(NamedTuple):
    """A commit: the `n`-th of its key, the `lsn`-th of the store; `at` in seconds since 1970."""

    at: float
    session: str
    key: Key
    n: int
    lsn: int
    kind: Kind


class Saw(NamedTuple):
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


class InForce(NamedTuple):
    """The consistency that holds from here on."""

    at: float
    consistency: Consistency


class Settled(NamedTuple):
    """Everything written so far was made visible everywhere."""

    at: float


Event = Wrote | Saw | InForce | Settled


@dataclass(slots=True)
class History:
    """The last events, at most LENGTH; `dropped` counts those before them.

    The consistency that the first of them met is kept, so that they can still be checked.
    """

    events: deque[Event] = field(default_factory=lambda: deque(maxlen=LENGTH))
    dropped: int = 0
    in_force: InForce | None = None

    def append(self, event: Event) -> None:
        """Note an event; the oldest goes where there are too many."""
        if len(self.events) == LENGTH:
            oldest = self.events[0]
            if isinstance(oldest, InForce):
                self.in_force = oldest
            self.dropped += 1
        self.events.append(event)

    def __iter__(self) -> Iterator[Event]:
        if self.in_force is not None:
            yield self.in_force
        yield from self.events
