"""All chains of a store, kept settled and in order, and drawn as soon as somebody looks at them."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator

from sm_emulator.store.index import Index
from sm_emulator.store.terms import NEVER, DrawContext
from sm_emulator.store.version import Chain, Key, Version
from sm_emulator.store.visibility import hold_back

# What may be late for longer than so many seconds is drawn by then: most of it will not be that late,
# and need not be kept. Lists of preset dynamodb are late for as long as this at most.
_SOON = 5.0


class Chains:
    """The chains by key. Each is in its index: sorted where settled, beside that where not."""

    def __init__(self) -> None:
        self._chains: dict[Key, Chain] = {}
        self._indexes: dict[tuple[str, str], Index] = {}
        self._settling: list[tuple[float, int, Key]] = []
        self._drawing: list[tuple[float, int, Key]] = []
        # of what settles, that which does so in the order in which it came: most does
        self._in_turn: deque[tuple[float, int, Key]] = deque()
        self._now = 0.0

    def __len__(self) -> int:
        return sum(chain.head.value is not None for chain in self._chains.values())

    def __getitem__(self, key: Key) -> Chain | None:
        chain = self._chains.get(key)
        if chain is None or chain.undrawn is None:
            return chain
        self._draw(key, chain, chain.undrawn)
        self.collect(self._now)
        return self._chains.get(key)

    def head(self, key: Key) -> Version:
        """Give the newest version of a key that there is."""
        return self._chains[key].head

    def heads(self, region: str, type_: str) -> Iterator[Version]:
        """Go through the newest versions of the keys of a type that are not deleted."""
        index = self.index(region, type_)
        for name in (*index.names, *index.unsettled):
            version = self.head(Key(region, type_, name))
            if version.value is not None:
                yield version

    def index(self, region: str, type_: str) -> Index:
        """Get the index of a type in a region."""
        index = self._indexes.get((region, type_))
        if index is None:
            index = self._indexes[region, type_] = Index()
        return index

    def drawn(self, region: str, type_: str) -> Index:
        """Get the index of a type in a region, with nothing undrawn in it."""
        index = self.index(region, type_)
        for name in list(index.unsettled):
            self[Key(region, type_, name)]
        return index

    def unsettled(self) -> Iterator[tuple[Key, Chain]]:
        """Go through what some read cannot see yet."""
        for region, type_ in list(self._indexes):
            for name, chain in list(self.drawn(region, type_).unsettled.items()):
                yield Key(region, type_, name), chain

    def append(
        self, key: Key, version: Version, undrawn: DrawContext | None = None, until: float = NEVER
    ) -> Chain:
        """Add a version that is held back.

        If it is `undrawn`, `until` tells until when it can be held back at most, in seconds since 1970.
        """
        index = self.index(key.region, key.type)
        chain = self._chains.get(key)
        if chain is None:
            chain = self._chains[key] = Chain(version, () if undrawn else (_absence_before(version),))
        else:
            if key.name not in index.unsettled:
                index.remove(key.name, chain.head)
            chain.append(version)
        index.unsettled[key.name] = chain
        chain.undrawn = undrawn
        if undrawn is None:
            self.await_settling(key, version)
        elif until > version.committed + _SOON:
            heapq.heappush(self._drawing, (version.committed + _SOON, version.lsn, key))
        elif self._in_turn and self._in_turn[-1][0] > until:
            heapq.heappush(self._settling, (until, version.lsn, key))
        else:
            self._in_turn.append((until, version.lsn, key))
        return chain

    def await_settling(self, key: Key, version: Version) -> None:
        """Have `collect` look at a version when it has settled, if time settles it."""
        at = version.settles_at()
        if at < NEVER:
            heapq.heappush(self._settling, (at, version.lsn, key))

    def settle(self, key: Key, version: Version) -> None:
        """Let `version` be all there is of a key, for everyone."""
        index = self.index(key.region, key.type)
        chain = self._chains.get(key)
        if index.unsettled.pop(key.name, None) is None and chain is not None:
            index.remove(key.name, chain.head)
        if version.value is None:
            self._chains.pop(key, None)
            return
        if chain is None:
            self._chains[key] = Chain(version)
        else:
            chain.settle(version)
        index.add(key.name, version)

    def collect(self, now: float) -> None:
        """Forget the versions that came before those that have settled by now."""
        self._now = now
        while self._drawing and self._drawing[0][0] <= now:
            _, lsn, key = heapq.heappop(self._drawing)
            chain = self._chains.get(key)
            if chain is not None and chain.undrawn is not None and chain.head.lsn == lsn:
                self._draw(key, chain, chain.undrawn)
        while self._settling and self._settling[0][0] <= now:
            _, lsn, key = heapq.heappop(self._settling)
            self._let_go(key, lsn)
        while self._in_turn and self._in_turn[0][0] <= now:
            _, lsn, key = self._in_turn.popleft()
            self._let_go(key, lsn)

    def _let_go(self, key: Key, lsn: int) -> None:
        """Forget what came before the write `lsn`, which everyone sees now."""
        chain = self._chains.get(key)
        if chain is None or chain.is_past(lsn):
            return  # a later version settled before this one did, or the key was settled by hand
        if chain.head.lsn == lsn:
            self.settle(key, chain.head)
        else:
            chain.drop_before(lsn)

    def _draw(self, key: Key, chain: Chain, terms: DrawContext) -> None:
        version = chain.head
        version.holdbacks = hold_back(terms, key, version)
        chain.undrawn = None
        if not chain.older:
            chain.older = (_absence_before(version),)
        self.await_settling(key, version)


def _absence_before(version: Version) -> Version:
    """Make what there was before the first version that is kept of a key.

    Its lsn is above all that was ever seen of the key, whatever was deleted before.
    """
    return Version(version.lsn - 1, version.n - 1, "delete", version.committed, None)
