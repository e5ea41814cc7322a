"""Writes that reach replicas late, and reads that are sent to a replica: evaluated at each read.

Nothing runs in the background: no thread, no timer. Settled versions are collected by operations.
"""

from collections.abc import Callable, Generator, Iterator
from functools import partial

from sm_emulator.bounds import Bounds
from sm_emulator.store.chains import Chains
from sm_emulator.store.choosing import Choose, Chooser
from sm_emulator.store.history import ConsistencyChanged, History, ReadEvent, Settled, WriteEvent
from sm_emulator.store.index import Position, SortOrder
from sm_emulator.store.listing import FIXED, PART, Keep, Mark, Page, PageScan, Shown, Snapshots
from sm_emulator.store.reading import Query, Read, Session, View, answers, select_replicas
from sm_emulator.store.rules import NEVER, Consistency, ConsistencyRule, DrawContext, Surface, WriteKind
from sm_emulator.store.version import Chain, Key, Version, absence
from sm_emulator.store.visibility import Ordering, Pending, pending

_ANYONE = Session()
_BEGIN = Mark()


class Store:
    """The resources of one scenario.

    `clock` returns seconds since 1970 and never goes back. `seed` and `consistency` may be replaced
    at any time; the visibility of earlier writes does not change. `history` has every write,
    and the reads while rules are in force.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        seed: int,
        consistency: Consistency,
        history: History | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self.history, self._bounds = history or History(), bounds or Bounds()
        self._clock, self._began = clock, clock()
        self._chains, self._snapshots = Chains(self._bounds), Snapshots(self._bounds)
        self._ordering, self._chooser = Ordering(self._bounds), Chooser()
        self.seed, self._lsn = seed, 0
        self.consistency = consistency

    def __len__(self) -> int:
        return len(self._chains)

    @property
    def consistency(self) -> Consistency:
        """What decides how late the next writes are visible, and to which reads."""
        return self._consistency

    @consistency.setter
    def consistency(self, consistency: Consistency) -> None:
        self._consistency = consistency
        self.history.append(ConsistencyChanged(self._clock(), consistency))

    @property
    def _context(self) -> DrawContext:
        return DrawContext(self.consistency, self.seed)

    def leader_value(self, key: Key) -> object | None:
        """Return the latest value of a key, by which conditions on a write are checked."""
        version = self._chains.latest(key)
        return version.value if version else None

    def leader_values(self, region: str, type_: str) -> Iterator[object]:
        """Go through the latest values of all keys of a type; those created meanwhile come last."""
        return self._chains.values(region, type_)

    def write(
        self,
        key: Key,
        value: object | None,
        kind: WriteKind,
        session: Session = _ANYONE,
        *,
        at: float | None = None,
    ) -> None:
        """Commit a version of `key`; a `value` of None deletes it.

        `at` is the time of the commit, if that is past: a transition that no request caused.
        """
        now = self._now() if at is None else at
        context, consistency = self._context, self.consistency
        before = self._chains[key]
        self._lsn += 1
        created = before.latest.created if before and kind == "update" else self._lsn
        version = Version(self._lsn, self._chains.count(key) + 1, kind, now, value, created=created)
        self.history.append(WriteEvent(now, session.identity, key, version.n, version.lsn, kind))
        late = consistency.quiesce_after is None or now - self._began < consistency.quiesce_after
        longest = consistency.longest_lag(*key[1:], kind) if late else 0.0
        alone = longest < NEVER and not consistency.orders_writes  # nothing but its own lags decides
        if alone and longest:
            chain = self._chains.append(key, version, context, now + longest)
        else:
            who = session.identity
            held = () if alone else self._ordering.hold_back(context, key, version, who, late=late)
            if not held:
                self._chains.settle(key, version)
                return
            version.holdbacks = held
            chain = self._chains.append(key, version)
        if "ryw" in consistency.session:
            chain.raise_floor(session.identity, version.lsn, self._bounds)

    def read(
        self,
        key: Key,
        surface: Surface,
        operation: str,
        session: Session = _ANYONE,
        *,
        consistent: bool = False,
        choose: Choose | None = None,
    ) -> Read:
        """Read `key` as `operation` does, on `surface`, from a replica; `consistent`: the leader.

        Unless it is consistent, `choose` selects one of the legal versions, if it is given.
        """
        query = Query(surface, operation, session, self._now())
        chain = self._chains[key]
        if chain is None or chain.is_settled or consistent:
            latest = chain.latest if chain else absence(self._chains.count(key), query.now)
            if choose is not None:
                choose(key, (latest,))
            matched = (
                chain and not consistent and self.consistency.rule_for(*key[1:], surface, operation)
            )
            return self._record(query, key, chain, latest, matched or None)
        view = View(chain, query)
        if choose is not None:
            return self._record_shown(query, self._chooser.show(self.consistency, choose, key, view))
        if (rule := view.rule) is None:
            return self._record(query, key, chain, chain.latest)
        nth = (chain.latest.n, chain.count_read(session.identity, self._bounds))
        replicas = select_replicas(self._context, key, rule, session.name, nth, view.newest)
        replica, version = view.answer(replicas, self.consistency)
        return self._record_shown(query, Shown(key, view, version, rule, replica))

    def page(
        self,
        region: str,
        type_: str,
        operation: str,
        order: SortOrder,
        limit: int,
        session: Session = _ANYONE,
        *,
        mark: Mark = _BEGIN,
        keep: Keep | None = None,
        consistent: bool = False,
        choose: Choose | None = None,
    ) -> Page:
        """Read up to `limit` keys of a type, in `order`, from `mark` on, from a replica's index.

        With `keep`, only values that it accepts count. To bound its time, a page may end early. Raises
        ExpiredError where `mark` belongs to a fixed list that is no longer kept.
        """
        if mark.snapshot:
            items, following = self._snapshots.page(mark, limit)
            return Page(items, Read(None, "list"), following)
        fixed = self.consistency.snapshot == "query"
        scan = self._scan(Key(region, type_, ""), operation, session, choose, consistent=consistent)
        items, until, covered = scan.read(order, mark.position, FIXED if fixed else limit, keep)
        read = scan.summarise([self._record_shown(scan.query, shown) for shown in covered])
        following = Mark(until) if until else None
        if fixed and len(items) > limit:
            following = Mark(until, self._snapshots.keep(items), limit)
        return Page(items[:limit], read, following)

    def walk(
        self,
        place: Key,
        operation: str,
        session: Session,
        keep: Keep | None,
        *,
        consistent: bool,
        choose: Choose | None = None,
    ) -> Generator[list[tuple[str, object]], None, Read]:
        """Read all keys of a type by name, in parts, between which others may be written."""
        scan = self._scan(place, operation, session, choose, consistent=consistent)
        reads: list[Read] = []
        until: Position | None = None
        while True:
            items, until, covered = scan.read(SortOrder("name"), until, PART, keep)
            reads += [self._record_shown(scan.query, shown) for shown in covered]
            yield items
            if until is None:
                return scan.summarise(reads)

    def replicas(self, key: Key, surface: Surface, operation: str) -> list[Read]:
        """Return what each replica would answer to `operation` now; nothing is counted as a read."""
        query = Query(surface, operation, _ANYONE, self._now())
        return answers(self._chains[key], query, self.consistency.replicas.count)

    def settle(self) -> None:
        """Make all writes visible everywhere, now."""
        self._ordering, self._chooser = Ordering(self._bounds), Chooser()
        self.history.append(Settled(self._clock()))
        self._chains.settled = self._lsn

    def pending(self) -> Iterator[Pending]:
        """List what some reads cannot see yet, by the last write of each key that is unsettled now."""
        return pending(self._chains.unsettled(), self._now())

    def _scan(
        self, place: Key, operation: str, session: Session, choose: Choose | None, *, consistent: bool
    ) -> PageScan:
        query = Query("list", operation, session, self._now())
        show = choose and partial(self._chooser.show, self.consistency, choose)
        return PageScan(self._chains, self._context, place, query, consistent, show)

    def _now(self) -> float:
        now = self._clock()
        self._chains.collect(now)
        return now

    def _record_shown(self, query: Query, shown: Shown) -> Read:
        key, view, version, rule, replica, choice = shown
        if rule is not None and (missed := view.use_miss(self._bounds)) is not None:
            self._chains.settle_when_due(key, missed)
        return self._record(query, key, view.chain, version, rule, replica, choice)

    def _record(
        self,
        query: Query,
        key: Key,
        chain: Chain | None,
        version: Version,
        rule: ConsistencyRule | None = None,
        replica: int | None = None,
        choice: str = "",
    ) -> Read:
        """Return a read that saw `version`, and record it for the guarantees and the history."""
        surface, operation, session, now = query
        latest, name = chain.latest if chain else version, rule.name if rule else None
        consistency, who = self.consistency, session.identity
        if chain and "mr" in consistency.session:
            chain.raise_floor(who, version.lsn, self._bounds)
        if "wfr" in consistency.session:
            self._ordering.add_read(who, version.holdbacks)
        if consistency.rules:
            event = ReadEvent(now, who, key, surface, operation, replica, version.n, latest.n, name)
            self.history.append(event)
        age = now - latest.committed
        return Read(version.value, surface, replica, latest.n - version.n, age, name, choice)
