"""Reading a page of a list. Each page is a read of its own, unless the first fixes all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from sm_emulator.bounds import Bounds
from sm_emulator.store.chains import Chains
from sm_emulator.store.index import Position, SortOrder
from sm_emulator.store.reading import Query, Read, View, select_replicas
from sm_emulator.store.rules import ConsistencyRule, DrawContext
from sm_emulator.store.version import SESSIONS, Chain, Key, Version

# A limit of a page that never ends early
EVERYTHING = 2**31
# The first page of a fixed list fixes this many items at most, and further ones fix what follows
FIXED = 10_000
# Lists of several pages that are fixed by their first; the oldest are dropped
MANY = 32
# A walk reads a list in parts of this many items
PART = 1000
# Returns whether a value counts
Keep = Callable[[object], bool]
# A page ends early after this many items that it filtered, or copies of unsettled keys: 20 ms at most
_FILTERED, _COPIES = 1000, 900
# The stalest and the freshest replica of a list are found by looking at this many copies of keys
_RANKED = 1500


class Mark(NamedTuple):
    """Where a page ended: at `position`; or, in the list fixed as `snapshot`, before `start`.

    Then `position` is where the fixed list ended, None where everything was fixed.
    """

    position: Position | None = None
    snapshot: int = 0
    start: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The names and values on one page, the read that returned it, and the mark of the next page.

    `read.stale` counts the keys of the page whose latest version was not seen; its `age` is the time
    since the last of the writes that were missed.
    """

    items: list[tuple[str, object]]
    read: Read
    next: Mark | None


class ExpiredError(LookupError):
    """The mark belongs to a fixed list that is no longer kept."""


class Snapshots:
    """The content of the last MANY lists whose first page fixed the pages that follow."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._items: dict[int, list[tuple[str, object]]] = {}
        self._count = 0

    def keep(self, items: list[tuple[str, object]]) -> int:
        """Keep a list, and return its number."""
        self._count += 1
        self._items[self._count] = items
        if len(self._items) > MANY:
            del self._items[next(iter(self._items))]
            self._bounds.count("lists fixed by their first page")
        return self._count

    def page(self, mark: Mark, limit: int) -> tuple[list[tuple[str, object]], Mark | None]:
        """Return the items after a mark, and the next mark. Raises ExpiredError."""
        items = self._items.get(mark.snapshot)
        if items is None:
            raise ExpiredError
        end = mark.start + limit
        if end < len(items):
            return items[mark.start : end], mark._replace(start=end)
        return items[mark.start : end], Mark(mark.position) if mark.position else None


class Shown(NamedTuple):
    """The version that a page shows of an unsettled key; without a rule, all replicas agree on it."""

    key: Key
    view: View
    version: Version
    rule: ConsistencyRule | None = None
    replica: int | None = None
    choice: str = ""

    def positions(self, order: SortOrder) -> list[Position]:
        """Return its position, and that of the leader's version; deleted versions have none."""
        versions = (self.version, self.view.chain.latest)
        return [order.position(self.key.name, v) for v in versions if v.value is not None]


@dataclass(slots=True)
class PageScan:
    """Goes through an index for one page: settled keys as they are, the others by one replica.

    `place` is the key of the list; `nth` counts the pages that the session has read before. `choose`
    chooses the versions of unsettled keys, if given.
    """

    chains: Chains
    context: DrawContext
    place: Key
    query: Query
    consistent: bool
    choose: Callable[[Key, View], Shown] | None = None
    nth: int = 0
    replicas: Sequence[tuple[int, float]] = ()
    shown: dict[str, Shown] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.consistent:
            pages = self.chains.index(self.place.region, self.place.type).pages
            self.nth = self.chains.bounds.add(SESSIONS, pages, self.query.session.identity)

    def read(
        self,
        order: SortOrder,
        after: Position | None,
        limit: int,
        keep: Keep | None = None,
    ) -> tuple[list[tuple[str, object]], Position | None, list[Shown]]:
        """Return up to `limit` items after `after`, the last position if more follow, and the unsettled.

        Items that `keep` rejects are left out. A page may end early, unless all are read. A key whose
        latest version belongs on the page is among the unsettled, even if it is not shown.
        """
        index = self.chains.index(self.place.region, self.place.type)
        self.shown = {}
        items: list[tuple[str, object]] = []
        last = until = scanned = None
        seen, most = 0, max(limit, _FILTERED) if keep else limit
        copies = EVERYTHING if limit == EVERYTHING else _COPIES
        unsettled = copies // self.context.consistency.replicas.count
        for position in index.scan(order, after):
            if len(self.shown) >= unsettled:
                until = scanned
                break
            name = str(position[-1])
            version, scanned = self._version(name), position
            if version is None or version.value is None or order.position(name, version) != position:
                continue
            if limit == len(items) or seen == most:
                until = last
                break
            seen, last = seen + 1, position
            if keep is None or keep(version.value):
                items.append((name, version.value))
        covered = [
            shown
            for shown in self.shown.values()
            if any(order.within(p, after, until) for p in shown.positions(order))
        ]
        return items, until, covered

    def summarise(self, reads: Sequence[Read]) -> Read:
        """Return the read of the list, from those of its unsettled keys and the rule of the list."""
        rule, query = None, self.query
        if not self.consistent:
            rule = self.context.consistency.rule_for(self.place.type, None, "list", query.operation)
        missed = [read for read in reads if read.stale]
        replicas = {read.replica for read in reads if read.rule is not None}
        rules = [read.rule for read in (*missed, *reads) if read.rule is not None]
        return Read(
            value=None,
            surface=query.surface,
            replica=replicas.pop() if len(replicas) == 1 else None,
            stale=len(missed),
            age=min((read.age for read in missed), default=0.0),
            rule=next(iter(rules), rule.name if rule else None),
            choice=", ".join(read.choice for read in reads if read.choice),
        )

    def _version(self, name: str) -> Version | None:
        key = self.place._replace(name=name)
        chain = self.chains[key]
        if chain is None or chain.is_settled:
            return chain.latest if chain else None
        if name not in self.shown:
            self.shown[name] = self._show(key, chain)
        return self.shown[name].version

    def _show(self, key: Key, chain: Chain) -> Shown:
        view = View(chain, self.query)
        rule = view.rule
        if self.consistent or rule is None:
            return Shown(key, view, chain.latest)
        if self.choose is not None:
            return self.choose(key, view)
        if not self.replicas:
            session, nth, ranking = self.query.session.name, (0, self.nth), self._ranking()
            self.replicas = select_replicas(self.context, self.place, rule, session, nth, ranking)
        replica, version = view.answer(self.replicas, self.context.consistency)
        return Shown(key, view, version, rule, replica)

    def _ranking(self) -> Callable[[int], int]:
        """Return how new a replica's list is: the sum over some unsettled keys."""
        replicas = self.context.consistency.replicas
        if replicas.choice not in {"stalest", "freshest"}:
            return lambda _: 0
        unsettled = self.chains.index(self.place.region, self.place.type).unsettled
        names = list(islice(unsettled, max(1, _RANKED // replicas.count)))
        chains = [self.chains[self.place._replace(name=name)] for name in names]
        views = [View(chain, self.query) for chain in chains if chain and not chain.is_settled]
        held = [view for view in views if view.rule]
        return lambda replica: sum(view.newest(replica) for view in held)
