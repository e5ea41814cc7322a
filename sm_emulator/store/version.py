"""The versions of a key, and what hides each from reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sm_emulator.bounds import Bounds
from sm_emulator.store.rules import NEVER, ConsistencyRule, DrawContext, Surface, WriteKind

# More unsettled versions of one key than this are not kept: the oldest are dropped, which moves
# replicas forward and never back.
MAX_VERSIONS = 64
# The kind of what is kept by session, in `evicted`
SESSIONS = "sessions"


class Key(NamedTuple):
    """The identity of a resource within a store."""

    region: str
    type: str
    name: str


@dataclass(slots=True)
class Holdback:
    """How one rule holds one version back.

    Either by time: `visible_at` has, per surface and replica, the time in seconds since 1970 from
    which reads see it. Or by count: `misses` reads miss it. `misses_used` counts those that did, by
    session where the rule counts them separately, else under "".
    """

    rule: ConsistencyRule
    visible_at: Mapping[Surface, tuple[float, ...]]
    misses: int = 0
    misses_used: dict[str, int] = field(default_factory=dict)

    def misses_left(self, session: str) -> int:
        """Return how many more reads of `session` miss the version."""
        return self.misses - self.misses_used.get(session if self.rule.per_session else "", 0)

    def use_miss(self, session: str, bounds: Bounds) -> None:
        """Count one read of `session` that missed the version."""
        bounds.add(SESSIONS, self.misses_used, session if self.rule.per_session else "")

    def settles_at(self) -> float:
        """Return the time from which it hides nothing; NEVER while misses are left."""
        if self.rule.lag is None:
            return NEVER if self.rule.per_session or self.misses_left("") else 0.0
        return max(max(times) for times in self.visible_at.values())


@dataclass(slots=True)
class Version:
    """One write of a key: `value` is None where it deleted the key.

    `lsn` counts the commits of the store, `n` those of the key; `created` is the lsn of the create
    that the version descends from; `committed` is in seconds since 1970. A version without holdbacks
    is visible everywhere.
    """

    lsn: int
    n: int
    kind: WriteKind
    committed: float
    value: object | None
    holdbacks: tuple[Holdback, ...] = ()
    created: int = 0

    def settles_at(self) -> float:
        """Return the time from which every read sees the version."""
        return max((holdback.settles_at() for holdback in self.holdbacks), default=0.0)


def absence(writes: int, now: float) -> Version:
    """Return what a read sees of a key that does not exist, after that number of writes."""
    return Version(0, writes, "delete", now, None)


@dataclass(slots=True)
class Chain:
    """The versions of a key that some read may still see: `latest` is the leader's.

    `older` precede it, oldest first; the absence of the key before its first version is one of them,
    added when its lags are drawn. `undrawn` is what the lags of `latest` will be drawn from, as long
    as no read needed them. `reads` counts the reads since the last write, by session; `floors` has
    the lsn below which a session must not see the key, where session guarantees are in force. Few
    chains need either dict, so they are made on demand.
    """

    latest: Version
    older: tuple[Version, ...] = ()
    undrawn: DrawContext | None = None
    reads: dict[str, int] | None = None
    floors: dict[str | None, int] | None = None

    @property
    def versions(self) -> tuple[Version, ...]:
        """All versions, oldest first."""
        return (*self.older, self.latest)

    @property
    def is_settled(self) -> bool:
        """Whether every read sees the latest version."""
        return not self.older and self.undrawn is None

    def append(self, version: Version) -> None:
        """Add a version; the count of reads restarts with each write."""
        self.older = (*self.older, self.latest)[1 - MAX_VERSIONS :]
        self.latest = version
        self.reads = None

    def count_read(self, session: str, bounds: Bounds) -> int:
        """Return how often `session` has read the key since its last write, and count this read."""
        if self.reads is None:
            self.reads = {}
        return bounds.add(SESSIONS, self.reads, session)

    def floor(self, session: str) -> int:
        """Return the lsn below which `session` must not see the key."""
        return max(self.floors.get(session, 0), self.floors.get(None, 0)) if self.floors else 0

    def raise_floor(self, session: str, lsn: int, bounds: Bounds) -> None:
        """Let `session` see nothing older than `lsn` from now on."""
        if self.floors is None:
            self.floors = {}
        if len(self.floors) > bounds.entries:
            bounds.count(SESSIONS, len(self.floors))
            self.floors = {None: max(self.floors.values())}  # the strictest holds for all of them
        self.floors[session] = max(lsn, self.floors.get(session, 0))
