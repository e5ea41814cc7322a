"""Writes that reach replicas late, and reads that ask a replica: evaluated when a read asks.

Nothing here runs by itself: no thread, no timer. What has settled is collected inside operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sm_emulator.store.answer import Mark, Page, Pending, Read, Session, pending
from sm_emulator.store.history import History, InForce, Settled, Wrote
from sm_emulator.store.index import Order
from sm_emulator.store.listing import read_page
from sm_emulator.store.ordering import Ordering
from sm_emulator.store.reading import peek, read
from sm_emulator.store.rule import Consistency, Kind, Surface
from sm_emulator.store.state import Met, State
from sm_emulator.store.version import NEVER, Holdback, Key, Terms, Version
from sm_emulator.store.visibility import hold_back, latest

ANYONE = Session()
_BEGIN = Mark()


class Store:
    """The resources of one scenario.

    `clock` gives seconds since 1970 and never goes back; `seed` and `consistency` may be replaced
    at any time, what is already written keeps its visibility. `history` notes what was written and
    read while rules are in force.
    """

    def __init__(self, clock: Callable[[], float], seed: int, consistency: Consistency) -> None:
        self._state = State(clock, Terms(consistency, seed))
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
        self._state.terms = Terms(self.consistency, seed)

    @property
    def consistency(self) -> Consistency:
        """What decides how late the next writes are seen, and by which reads."""
        return self._state.consistency

    @consistency.setter
    def consistency(self, consistency: Consistency) -> None:
        self._state.terms = Terms(consistency, self.seed)
        self.history.append(InForce(self._state.clock(), consistency))

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
        holdbacks, undrawn, until = self._hold_back(key, kind, n, now, session)
        version = Version(state.lsn, n, kind, now, value, holdbacks, created)
        if self.consistency.rules:
            self.history.append(Wrote(now, session.identity, key, n, version.lsn, kind))
        if not (holdbacks or undrawn):
            state.chains.settle(key, version)
            return
        # its lsn is above all that was ever seen of the key, whatever was deleted before
        absent = Version(state.lsn - 1, n - 1, "delete", now, None)
        chain = state.chains.append(key, version, absent, undrawn, until)
        if "ryw" in self.consistency.session:
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
        self.history.append(Settled(state.clock()))
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
        self, key: Key, kind: Kind, n: int, now: float, session: Session
    ) -> tuple[tuple[Holdback, ...], Terms | None, float]:
        """Draw how a write is held back; or, where no other depends on it, tell the terms of a later draw.

        The time until which it can be held back at most, in seconds since 1970, goes with these.
        """
        state, terms = self._state, self._state.terms
        consistency = terms.consistency
        if not consistency.rules:
            return (), None, NEVER
        late = consistency.quiesce_after is None or now - self._began < consistency.quiesce_after
        orders = consistency.orders
        if late and not orders:
            until = latest(consistency, key, kind, now)
            if now < until < NEVER:
                return (), terms, until

        def floor(surface: Surface, replica: int) -> float:
            return state.ordering.floor(consistency, session.identity, surface, replica)

        least = floor if orders else None
        holdbacks = hold_back(terms, key, kind, n, now, least, late=late)
        state.ordering.wrote(consistency, session.identity, holdbacks, now)
        return holdbacks, None, NEVER
