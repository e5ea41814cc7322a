"""Reading a page of a list. Each page asks a replica anew, unless the first fixes all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sm_emulator.store.answer import Mark, Page, Read
from sm_emulator.store.index import Index, Order, Position
from sm_emulator.store.page import Item, page
from sm_emulator.store.reading import spend
from sm_emulator.store.replica import ask
from sm_emulator.store.rule import Rule
from sm_emulator.store.state import Met, State
from sm_emulator.store.version import Key, Version
from sm_emulator.store.view import View


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the page shows of one unsettled key."""

    name: str
    view: View
    version: Version
    replica: int | None = None
    rule: Rule | None = None

    def positions(self, order: Order) -> list[Position]:
        """Tell where it stands, and where the leader has it, where they have it at all."""
        versions = (self.version, self.view.chain.head)
        return [order.position(self.name, v) for v in versions if v.value is not None]


def read_page(
    state: State,
    region: str,
    type_: str,
    met: Met,
    order: Order,
    mark: Mark,
    limit: int,
    *,
    consistent: bool,
) -> Page:
    """Read up to `limit` keys from `mark` on. Raises ExpiredError where what it marks is forgotten."""
    fixed = state.consistency.snapshot == "query"
    if mark.snapshot:
        return _from_snapshot(state, met, mark, limit)
    index = state.chains.drawn(region, type_)
    rule = None if consistent else state.consistency.rule(type_, None, met.surface, met.operation)
    shown = _shown(state, Key(region, type_, ""), index, met, consistent=consistent)
    settled = (
        Item(order.position(name, head), name, head)
        for name in index.settled(order, mark.position)
        for head in (state.chains.head(Key(region, type_, name)),)
    )
    unsettled = [Item(order.position(s.name, s.version), s.name, s.version) for s in shown]
    items, until = page(settled, unsettled, order, mark.position, None if fixed else limit)
    here = [s for s in shown if any(order.within(p, mark.position, until) for p in s.positions(order))]
    answer = _note(state, region, type_, met, here, rule)
    further = Mark(until) if until else None
    if fixed and len(items) > limit:
        further = Mark(snapshot=state.snapshots.keep(items), start=limit)
        items = items[:limit]
    return Page([(item.name, item.version.value) for item in items], answer, further)


def _from_snapshot(state: State, met: Met, mark: Mark, limit: int) -> Page:
    items, start = state.snapshots.page(mark.snapshot, mark.start, limit)
    further = None if start is None else mark._replace(start=start)
    return Page([(i.name, i.version.value) for i in items], Read(None, met.surface), further)


def _shown(state: State, key: Key, index: Index, met: Met, *, consistent: bool) -> list[_Shown]:
    """Evaluate each unsettled key on the replica that this page asks; `key` stands for the index."""
    views = {
        name: View(chain, met.surface, met.operation, met.session.identity, met.now)
        for name, chain in index.unsettled.items()
    }
    held = {name: held for name, view in views.items() if (held := view.held())}
    if consistent or not held:
        return [_Shown(name, view, view.chain.head) for name, view in views.items()]

    def newest(replica: int) -> int:
        return sum(views[name].newest(replica) for name in held)

    nth = (0, index.count_page(met.session.identity))
    rule = next(iter(held.values())).rule
    asked = ask(state.consistency, state.seed, key, rule, met.session.name, nth, newest)
    shown = []
    for name, view in views.items():
        if name in held:
            replica, position = view.seen_by(asked, state.consistency)
            shown.append(_Shown(name, view, view.versions[position], replica, held[name].rule))
        else:
            shown.append(_Shown(name, view, view.chain.head))
    return shown


def _note(
    state: State, region: str, type_: str, met: Met, here: Iterable[_Shown], rule: Rule | None
) -> Read:
    """Remember what the page showed of its unsettled keys, and sum it up."""
    reads = []
    for shown in here:
        key = Key(region, type_, shown.name)
        chain = shown.view.chain
        reads.append(state.seen(met, key, chain, shown.version, shown.rule, shown.replica))
        if shown.rule is not None:
            spend(state, key, shown.view)
    missed = [read for read in reads if read.stale]
    replicas = {read.replica for read in reads if read.rule is not None}
    names = [read.rule for read in (*missed, *reads) if read.rule is not None]
    return Read(
        value=None,
        surface=met.surface,
        replica=replicas.pop() if len(replicas) == 1 else None,
        stale=len(missed),
        age=min((read.age for read in missed), default=0.0),
        rule=next(iter(names), rule.name if rule else None),
    )
