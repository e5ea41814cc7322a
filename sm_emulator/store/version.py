"""A key's versions, and from when on each replica shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sm_emulator.store.rule import Kind, Rule, Surface
from sm_emulator.store.terms import NEVER, DrawContext

# More unsettled versions of one key than this are not kept: the oldest go, which moves replicas
# forward and never back.
MAX_VERSIONS = 64


class Key(NamedTuple):
    """What a resource is called inside one store."""

    region: str
    type: str
    name: str


@dataclass(slots=True)
class Holdback:
    """How one rule holds one version back.

    Either `visible`: per surface and replica the time, in seconds since 1970, from which on it is
    seen; or `owed`: how many reads are to miss it, of which `spent` counts those that did, by
    session where the rule counts them apart, else under "".
    """

    rule: Rule
    visible: Mapping[Surface, tuple[float, ...]]
    owed: int = 0
    spent: dict[str, int] = field(default_factory=dict)

    def left(self, session: str) -> int:
        """Count the reads of `session` that are still to miss it."""
        return self.owed - self.spent.get(session if self.rule.per_session else "", 0)

    def spend(self, session: str) -> None:
        """Count one read of `session` that missed it."""
        counter = session if self.rule.per_session else ""
        self.spent[counter] = self.spent.get(counter, 0) + 1

    def hides(self, surface: Surface, replica: int, session: str, now: float) -> bool:
        """Tell whether `replica` does not yet show the version on `surface` to `session`."""
        if self.rule.lag is None:
            return self.left(session) > 0
        times = self.visible[surface]
        return times[replica % len(times)] > now  # a later consistency may have more replicas

    def settles_at(self) -> float:
        """Tell from when on it hides nothing from anyone; never, while reads are owed."""
        if self.rule.lag is None:
            return NEVER if self.rule.per_session or self.left("") else 0.0
        return max(max(times) for times in self.visible.values())


@dataclass(slots=True)
class Version:
    """One write of a key: `value` is None where it deleted the key.

    `lsn` counts the commits of the store, `n` those of the key; `created` is the lsn of the create
    that began this life of the key; `committed` is in seconds since 1970. A write that no rule holds
    back is visible everywhere at once.
    """

    lsn: int
    n: int
    kind: Kind
    committed: float
    value: object | None
    holdbacks: tuple[Holdback, ...] = ()
    created: int = 0

    def holdback(self, surface: Surface, operation: str) -> Holdback | None:
        """Find what may hide this version from a read: the first rule that the read meets."""
        for holdback in self.holdbacks:
            if holdback.rule.meets(surface, operation):
                return holdback
        return None

    def settles_at(self) -> float:
        """Tell from when on every read anywhere can see it."""
        return max((holdback.settles_at() for holdback in self.holdbacks), default=0.0)


@dataclass(slots=True)
class Chain:
    """The versions of a key that some read may still see: `head` is what the leader holds.

    `older` come before it, oldest first; the absence of the key before its first version is one of
    them, but added only by a draw. `undrawn`: by what the head's lags will be drawn, as nobody asked
    yet. `reads` counts the reads since the last write, by session; `floors` holds the lsn below which a
    session must not see the key, where session guarantees are in force. Few chains need either, and
    all have to be held.
    """

    head: Version
    older: tuple[Version, ...] = ()
    undrawn: DrawContext | None = None
    reads: dict[str, int] | None = None
    floors: dict[str, int] | None = None

    @property
    def versions(self) -> tuple[Version, ...]:
        """All of them, oldest first."""
        return (*self.older, self.head)

    @property
    def is_settled(self) -> bool:
        """Tell whether everyone sees the one version there is."""
        return not self.older and self.undrawn is None

    def is_past(self, lsn: int) -> bool:
        """Tell whether everyone sees the write `lsn`, or a later one."""
        oldest = self.older[0] if self.older else self.head
        return oldest.lsn > lsn or (oldest.lsn == lsn and self.undrawn is None)

    def settle(self, version: Version) -> None:
        """Let `version` be all there is, for everyone."""
        version.holdbacks = ()
        self.head = version
        self.older = ()
        self.undrawn = self.reads = self.floors = None

    def drop_before(self, lsn: int) -> None:
        """Forget what was written before `lsn`, which is older than the head."""
        self.older = tuple(version for version in self.older if version.lsn >= lsn)

    def append(self, version: Version) -> None:
        """Add a version; reads are counted anew from each write on."""
        self.older = (*self.older, self.head)[1 - MAX_VERSIONS :]
        self.head = version
        self.reads = None

    def count_read(self, session: str) -> int:
        """Tell how often `session` read the key since its last write, and count one read more."""
        if self.reads is None:
            self.reads = {}
        nth = self.reads.get(session, 0)
        self.reads[session] = nth + 1
        return nth

    def floor(self, session: str) -> int:
        """Tell the lsn below which `session` must not see the key."""
        return self.floors.get(session, 0) if self.floors else 0

    def raise_floor(self, session: str, lsn: int) -> None:
        """Let `session` not see anything older than `lsn` from now on."""
        if self.floors is None:
            self.floors = {}
        self.floors[session] = max(lsn, self.floors.get(session, 0))
