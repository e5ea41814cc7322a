"""Writes that reach replicas late, and reads that ask a replica: evaluated when a read asks.

Nothing here runs by itself: no thread, no timer. What has settled is collected inside operations.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sm_emulator.store.chance import uniform
from sm_emulator.store.replica import choose
from sm_emulator.store.rule import Consistency, Kind, Rule, Surface
from sm_emulator.store.version import Chain, Holdback, Key, Version


class Session(NamedTuple):
    """Who reads: `identity` tells sessions apart, `name` is what the client called itself, if it did."""

    identity: str = ""
    name: str = ""


ANYONE = Session()


@dataclass(frozen=True, slots=True)
class Read:
    """What a read saw, and how far that is from the truth.

    `replica` is None where all replicas agree, so that none had to be chosen. `stale` counts the
    newer versions that the read did not see; `age` is the time since the key was last written, in
    seconds; `rule` is the rule that the read falls under, None where it is consistent.
    """

    value: object | None
    surface: Surface
    replica: int | None = None
    stale: int = 0
    age: float = 0.0
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A version that some reads cannot see yet: until `until` (seconds since 1970), or for `reads`."""

    key: Key
    kind: Kind
    committed: float
    surface: Surface
    replica: int | None
    until: float | None
    reads: int | None
    rule: str


class Store:
    """The resources of one scenario.

    `clock` gives seconds since 1970 and never goes back; `seed` and `consistency` may be replaced
    at any time, what is already written keeps its visibility.
    """

    def __init__(self, clock: Callable[[], float], seed: int, consistency: Consistency) -> None:
        self._clock = clock
        self.seed = seed
        self.consistency = consistency
        self._lsn = 0
        self._chains: dict[Key, Chain] = {}
        self._unsettled: dict[Key, Chain] = {}
        self._writes: dict[Key, int] = {}
        self._settling: list[tuple[float, int, Key]] = []

    def __len__(self) -> int:
        return sum(chain.head.value is not None for chain in self._chains.values())

    def head(self, key: Key) -> object | None:
        """Read the leader: what conditions on the written key itself are judged by."""
        chain = self._chains.get(key)
        return chain.head.value if chain else None

    def write(self, key: Key, value: object | None, kind: Kind) -> None:
        """Commit a version of `key`; a `value` of None deletes it."""
        now = self._clock()
        self._collect(now)
        self._lsn += 1
        n = self._writes[key] = self._writes.get(key, 0) + 1
        holdbacks = tuple(self._hold_back(key, kind, n, now))
        version = Version(self._lsn, n, kind, now, value, holdbacks)
        chain = self._chains.get(key)
        if not holdbacks:
            self._settle(key, version)
            return
        if chain is None:
            absent = Version(self._lsn - 1, n - 1, "delete", now, None)
            chain = self._chains[key] = Chain([absent])
        chain.append(version)
        self._unsettled[key] = chain
        self._await_settling(key, version)

    def read(self, key: Key, surface: Surface, operation: str, session: Session = ANYONE) -> Read:
        """Read `key` as one replica shows it to `operation`, on `surface`."""
        now = self._clock()
        self._collect(now)
        chain = self._chains.get(key)
        if chain is None:
            return Read(None, surface)
        if key not in self._unsettled:
            rule = self._rule(key, surface, operation)
            age = now - chain.head.committed
            return Read(chain.head.value, surface, age=age, rule=rule.name if rule else None)
        return self._read_unsettled(key, chain, surface, operation, session, now)

    def settle(self) -> None:
        """Make everything visible everywhere, now."""
        for key, chain in list(self._unsettled.items()):
            self._settle(key, chain.head)

    def pending(self) -> Iterator[Pending]:
        """List what some read cannot see yet, oldest write first."""
        now = self._clock()
        self._collect(now)
        versions = [
            (version, key) for key, chain in self._unsettled.items() for version in chain.versions
        ]
        for version, key in sorted(versions, key=lambda pair: pair[0].lsn):
            for holdback in version.holdbacks:
                yield from _pending(key, version, holdback, now)

    # -- reading ------------------------------------------------------------------------------

    def _rule(self, key: Key, surface: Surface, operation: str) -> Rule | None:
        for rule in self.consistency.rules:
            if rule.meets(surface, operation) and rule.concerns(key.type, key.name):
                return rule
        return None

    def _read_unsettled(
        self,
        key: Key,
        chain: Chain,
        surface: Surface,
        operation: str,
        session: Session,
        now: float,
    ) -> Read:
        versions = chain.versions
        holdbacks = [version.holdback(surface, operation) for version in versions]

        def newest(replica: int) -> int:
            """Find the newest version that `replica` shows; the oldest is shown by all."""
            for position in range(len(versions) - 1, 0, -1):
                holdback = holdbacks[position]
                if holdback is None or not holdback.hides(surface, replica, now):
                    return position
            return 0

        nth = chain.reads[session.identity] = chain.reads.get(session.identity, -1) + 1
        replicas = choose(
            self.consistency.replicas, self.seed, key, session.name, (chain.head.n, nth), newest
        )
        replica = max(replicas, key=newest)
        seen = newest(replica)
        held = next((holdback for holdback in reversed(holdbacks) if holdback), None)
        read = Read(
            value=versions[seen].value,
            surface=surface,
            replica=replica if held else None,
            stale=len(versions) - 1 - seen,
            age=now - chain.head.committed,
            rule=held.rule.name if held else None,
        )
        self._spend(key, chain, holdbacks)
        return read

    def _spend(self, key: Key, chain: Chain, holdbacks: list[Holdback | None]) -> None:
        """Count this read against the oldest version that is hidden for a number of reads."""
        for version, holdback in zip(chain.versions, holdbacks, strict=True):
            if holdback is not None and holdback.left:
                holdback.left -= 1
                self._await_settling(key, version)
                return

    # -- writing ------------------------------------------------------------------------------

    def _hold_back(self, key: Key, kind: Kind, n: int, now: float) -> Iterator[Holdback]:
        for rule in self.consistency.rules:
            if (
                kind in rule.after
                and rule.concerns(key.type, key.name)
                and uniform(self.seed, "late", rule.name, *key, n) < rule.probability
            ):
                visible = {s: self._visible(rule, key, n, s, now) for s in rule.surfaces}
                yield Holdback(rule, visible, rule.reads)

    def _visible(self, rule: Rule, key: Key, n: int, surface: Surface, now: float) -> tuple[float, ...]:
        if rule.lag is None:
            return ()
        fresh = self.consistency.replicas.visible_at_ack
        return tuple(
            now
            if replica < fresh
            else now
            + min(
                rule.lag.sample(uniform(self.seed, "lag", *key, n, surface, replica)),
                self.consistency.max_lag,
            )
            for replica in range(self.consistency.replicas.count)
        )

    # -- settling -----------------------------------------------------------------------------

    def _await_settling(self, key: Key, version: Version) -> None:
        at = version.settles_at()
        if at < float("inf"):
            heapq.heappush(self._settling, (at, version.lsn, key))

    def _collect(self, now: float) -> None:
        while self._settling and self._settling[0][0] <= now:
            _, lsn, key = heapq.heappop(self._settling)
            self._drop_older(key, lsn)

    def _drop_older(self, key: Key, lsn: int) -> None:
        """Forget what came before a version that everyone sees now."""
        chain = self._unsettled.get(key)
        if chain is None or chain.versions[0].lsn >= lsn:
            return  # a later version settled before this one did, or the key was settled by hand
        chain.versions = [version for version in chain.versions if version.lsn >= lsn]
        if len(chain.versions) == 1:
            self._settle(key, chain.head)

    def _settle(self, key: Key, version: Version) -> None:
        self._unsettled.pop(key, None)
        if version.value is None:
            self._chains.pop(key, None)
        else:
            version.holdbacks = ()
            self._chains[key] = Chain([version])


def _pending(key: Key, version: Version, holdback: Holdback, now: float) -> Iterator[Pending]:
    name = holdback.rule.name
    for surface in sorted(holdback.rule.surfaces):
        if holdback.left:
            yield Pending(key, version.kind, version.committed, surface, None, None, holdback.left, name)
        for replica, until in enumerate(holdback.visible[surface]):
            if until > now:
                yield Pending(key, version.kind, version.committed, surface, replica, until, None, name)
