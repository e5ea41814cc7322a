"""All chains of a store: settled when their time has come, drawn when a read needs them."""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from itertools import starmap

from sm_emulator.bounds import Bounds
from sm_emulator.store.index import Index, SortOrder
from sm_emulator.store.rules import NEVER, DrawContext
from sm_emulator.store.version import MAX_VERSIONS, Chain, Key, Version
from sm_emulator.store.visibility import hold_back

# Lags that may exceed this many seconds are drawn by then: most are shorter, and such a write need not
# be kept unsettled. The longest lag of lists in preset dynamodb.
_DRAWN_AFTER = 5.0
# Each operation settles this many writes at most: more can come due together, but must not delay others
_COLLECTED = 100


class Chains:
    """The chains by key, and an index for each type and region.

    The numbers of writes of the last deleted keys are kept, within `bounds`; the others share the
    highest: so the numbers of a key's writes never repeat.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._chains: dict[Key, Chain] = {}
        self._indexes: defaultdict[tuple[str, str], Index] = defaultdict(Index)
        # when, which commit, of which key, and whether it is visible everywhere then or only drawn
        self._due: list[tuple[float, int, Key, bool]] = []
        self._deleted: dict[Key, int] = {}
        self._most_writes = 0  # of a deleted key that is no longer remembered
        self._live = 0
        self.settled = 0  # each key written up to this commit is settled when it is next used
        self._now = 0.0

    def __len__(self) -> int:
        return self._live

    def __getitem__(self, key: Key) -> Chain | None:
        chain = self._chains.get(key)
        if chain is None or chain.is_settled:
            return chain
        if chain.latest.lsn <= self.settled:
            self.settle(key, chain.latest)
        else:
            if chain.undrawn is not None:
                self._draw(key, chain, chain.undrawn)
            self._drop_settled(key, chain)
        return self._chains.get(key)

    def latest(self, key: Key) -> Version | None:
        """Return the version that the leader has of a key, None where it has none."""
        chain = self._chains.get(key)
        return chain.latest if chain else None

    def values(self, region: str, type_: str) -> Iterator[object]:
        """Go through the leader's values of a type, the oldest key first; writes may come between."""
        for position in self.index(region, type_).scan(SortOrder("created"), None):
            created, name = position[0], position[-1]
            version = self._chains[Key(region, type_, str(name))].latest
            if version.value is not None and version.created == created:
                yield version.value

    def count(self, key: Key) -> int:
        """Return how often a key was written, deleted ones included: its draws depend on that."""
        chain = self._chains.get(key)
        return chain.latest.n if chain else self._deleted.get(key, self._most_writes)

    def index(self, region: str, type_: str) -> Index:
        """Return the index of a type in a region."""
        return self._indexes[region, type_]

    def unsettled(self) -> Iterator[tuple[Key, Chain]]:
        """Go through the keys of which some read may not see the latest write, by that write.

        Those that were unsettled at the call; which of them settle meanwhile are left out.
        """
        names = [(place, list(index.unsettled)) for place, index in self._indexes.items()]
        return heapq.merge(*starmap(self._unsettled, names), key=lambda item: item[1].latest.lsn)

    def _unsettled(self, place: tuple[str, str], names: list[str]) -> Iterator[tuple[Key, Chain]]:
        for name in names:
            key = Key(*place, name)
            chain = self._chains.get(key)
            if chain and not chain.is_settled and chain.latest.lsn > self.settled:
                yield key, chain

    def append(
        self, key: Key, version: Version, undrawn: DrawContext | None = None, until: float = NEVER
    ) -> Chain:
        """Add a version that is held back: if it is `undrawn`, until `until` at the latest."""
        index = self.index(key.region, key.type)
        chain = self._chains.get(key)
        before = chain.versions if chain else ()
        if chain is None:
            chain = self._chains[key] = Chain(version, () if undrawn else (_absence_before(version),))
            self._deleted.pop(key, None)
        else:
            if len(before) == MAX_VERSIONS:
                self.bounds.count("versions")
            chain.append(version)
        chain.undrawn = undrawn
        index.unsettled.pop(key.name, None)
        index.unsettled[key.name] = chain
        self._update(key, before, chain.versions)
        if undrawn is None:
            self.settle_when_due(key, version)
        else:
            drawn_by = version.committed + _DRAWN_AFTER
            heapq.heappush(self._due, (min(until, drawn_by), version.lsn, key, until <= drawn_by))
        return chain

    def settle_when_due(self, key: Key, version: Version) -> None:
        """Let `collect` settle a version in time, if time settles it."""
        at = version.settles_at()
        if at < NEVER:
            heapq.heappush(self._due, (at, version.lsn, key, True))

    def settle(self, key: Key, version: Version) -> None:
        """Make `version` the only one of a key, visible everywhere."""
        chain = self._chains.get(key)
        before = chain.versions if chain else ()
        self.index(key.region, key.type).unsettled.pop(key.name, None)
        if version.value is None:
            self._chains.pop(key, None)
            self._deleted[key] = version.n
            if len(self._deleted) > self.bounds.entries:
                self._most_writes = max(self._most_writes, next(iter(self._deleted.values())))
            self.bounds.keep("deleted names", self._deleted)
        else:
            version.holdbacks = ()
            self._chains[key] = Chain(version)
            self._deleted.pop(key, None)
        self._update(key, before, (version,) if version.value is not None else ())

    def collect(self, now: float) -> None:
        """Drop some of the versions that no read sees any more; the others when they are next used."""
        self._now = now
        for _ in range(_COLLECTED):
            if not self._due or self._due[0][0] > now:
                return
            _, lsn, key, is_visible = heapq.heappop(self._due)
            chain = self._chains.get(key)
            if chain is None or chain.is_settled:
                continue  # a later version settled before this one did, or `settle` was called
            if chain.undrawn is None:
                self._drop_settled(key, chain)
            elif chain.latest.lsn == lsn and is_visible:
                self.settle(key, chain.latest)
            elif chain.latest.lsn == lsn:
                self._draw(key, chain, chain.undrawn)

    def _drop_settled(self, key: Key, chain: Chain) -> None:
        """Drop what precedes the newest version that every read sees."""
        versions = chain.versions
        for position in range(len(versions) - 1, 0, -1):
            if versions[position].settles_at() > self._now:
                continue
            if versions[position] is chain.latest:
                self.settle(key, chain.latest)
            else:
                chain.older = versions[position:-1]
                self._update(key, versions, chain.versions)
            return

    def _draw(self, key: Key, chain: Chain, context: DrawContext) -> None:
        version = chain.latest
        version.holdbacks = hold_back(context, key, version)
        chain.undrawn = None
        if not chain.older:
            chain.older = (_absence_before(version),)
        self.settle_when_due(key, version)

    def _update(self, key: Key, before: tuple[Version, ...], after: tuple[Version, ...]) -> None:
        self.index(key.region, key.type).update(key.name, before, after)
        self._live += _is_live(after) - _is_live(before)


def _is_live(versions: tuple[Version, ...]) -> bool:
    return bool(versions) and versions[-1].value is not None


def _absence_before(version: Version) -> Version:
    """Return the absence of a key before the first of its versions that is kept.

    Its lsn is above that of every read of the key, whatever was deleted before.
    """
    return Version(version.lsn - 1, version.n - 1, "delete", version.committed, None)
