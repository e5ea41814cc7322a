"""Writes that reach replicas late, and reads that ask a replica: evaluated when a read asks.

Nothing here runs by itself: no thread, no timer. What has settled is collected inside operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sm_emulator.store.answer import Mark, Page, Pending, Read, Session, pending
from sm_emulator.store.history import ConsistencyChanged, History, Settled
from sm_emulator.store.index import Order
from sm_emulator.store.listing import read_page
from sm_emulator.store.ordering import Ordering
from sm_emulator.store.reading import peek, read
from sm_emulator.store.rule import Consistency, Kind, Surface
from sm_emulator.store.state import Met, State
from sm_emulator.store.terms import NEVER, DrawContext
from sm_emulator.store.version import Holdback, Key, Version
from sm_emulator.store.visibility import hold_back

ANYONE = Session()
_BEGIN = Mark()


class Store:
    """The resources of one scenario.

    `clock` gives seconds since 1970 and never goes back; `seed` and `consistency` may be replaced
    at any time, what is already written keeps its visibility. `history` notes what was written and
    read while rules are in force.
    """

    def __init__(self, clock: Callable[[], float], seed: int, consistency: Consistency) -> None:
        self._state = State(clock, DrawContext(consistency, seed))
        self._began = clock()
        self.consistency = consistency

    def __len__(self) -> int:
        return len(self._state.chains)

    @property
    def history(self) -> History:
        """What was written and read, in order."""
        return self._state.history

    @property
    def seed(self) -> int:
        """The root of every draw."""
        return self._state.seed

    @seed.setter
    def seed(self, seed: int) -> None:
        self._state.terms = DrawContext(self.consistency, seed)

    @property
    def consistency(self) -> Consistency:
        """What decides how late the next writes are seen, and by which reads."""
        return self._state.consistency

    @consistency.setter
    def consistency(self, consistency: Consistency) -> None:
        self._state.terms = DrawContext(consistency, self.seed)
        self.history.note(ConsistencyChanged(self._state.clock(), consistency))

    def head(self, key: Key) -> object | None:
        """Read the leader: what conditions on the written key itself are judged by."""
        chain = self._state.chains[key]
        return chain.head.value if chain else None

    def heads(self, region: str, type_: str) -> list[object]:
        """Give the values of all keys of a type, as the leader holds them, in no order."""
        return [version.value for version in self._state.chains.heads(region, type_)]

    def write(
        self,
        key: Key,
        value: object | None,
        kind: Kind,
        session: Session = ANYONE,
        *,
        at: float | None = None,
    ) -> None:
        """Commit a version of `key`; a `value` of None deletes it.

        `at` is the time of the commit, where that is past: of what has happened without a request.
        """
        state = self._state
        now = state.now() if at is None else at
        state.lsn += 1
        n = state.writes.add(key, deletes=value is None)
        before = state.chains[key]
        created = before.head.created if before and kind == "update" else state.lsn
        version = Version(state.lsn, n, kind, now, value, created=created)
        consistency = state.consistency
        if not consistency.rules:
            state.chains.settle(key, version)
            return
        state.history.wrote(now, session.identity, key, n, version.lsn, kind)
        late = consistency.quiesce_after is None or now - self._began < consistency.quiesce_after
        until = now + (state.terms.longest(key.type, key.name, kind) if late else NEVER)
        # where nothing else decides how it is held back, that is drawn when somebody asks
        undrawn = state.terms if now < until < NEVER else None
        if undrawn is None:
            version.holdbacks = self._hold_back(key, version, session, late=late)
            if not version.holdbacks:
                state.chains.settle(key, version)
                return
        chain = state.chains.append(key, version, undrawn, until)
        if "ryw" in consistency.session:
            chain.raise_floor(session.identity, version.lsn)

    def read(
        self,
        key: Key,
        surface: Surface,
        operation: str,
        session: Session = ANYONE,
        *,
        consistent: bool = False,
    ) -> Read:
        """Read `key` as one replica shows it to `operation`, on `surface`; `consistent`: the leader."""
        met = Met(surface, operation, session, self._state.now())
        return read(self._state, key, met, consistent=consistent)

    def page(
        self,
        region: str,
        type_: str,
        operation: str,
        order: Order,
        limit: int,
        session: Session = ANYONE,
        *,
        mark: Mark = _BEGIN,
        consistent: bool = False,
    ) -> Page:
        """Read up to `limit` keys of a type, in `order`, from `mark` on, as a replica's index has them.

        Raises ExpiredError where `mark` belongs to a fixed list that is no longer kept.
        """
        met = Met("list", operation, session, self._state.now())
        return read_page(self._state, region, type_, met, order, mark, limit, consistent=consistent)

    def replicas(self, key: Key, surface: Surface, operation: str) -> list[Read]:
        """Tell what each replica would answer to `operation` now; that is no read, so nothing counts."""
        return peek(self._state, key, Met(surface, operation, ANYONE, self._state.now()))

    def settle(self) -> None:
        """Make everything visible everywhere, now."""
        state = self._state
        state.ordering = Ordering()
        self.history.note(Settled(state.clock()))
        for key, chain in state.chains.unsettled():
            state.chains.settle(key, chain.head)

    def pending(self) -> Iterator[Pending]:
        """List what some read cannot see yet, oldest write first."""
        now = self._state.now()
        versions = [(v, key) for key, chain in self._state.chains.unsettled() for v in chain.versions]
        for version, key in sorted(versions, key=lambda pair: pair[0].lsn):
            for holdback in version.holdbacks:
                yield from pending(key, version, holdback, now)

    def _hold_back(
        self, key: Key, version: Version, session: Session, *, late: bool
    ) -> tuple[Holdback, ...]:
        """Draw how a write is held back, by its rules where it is `late`, and by what it comes after."""
        state, consistency = self._state, self.consistency

        def floor(surface: Surface, replica: int) -> float:
            return state.ordering.floor(consistency, session.identity, surface, replica)

        least = floor if consistency.orders else None
        held = hold_back(state.terms, key, version, least, late=late)
        state.ordering.wrote(consistency, session.identity, held, version.committed)
        return held
