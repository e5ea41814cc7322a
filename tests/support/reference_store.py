"""A store that applies every event eagerly, from a queue, when time passes: slow, naive and obvious.

It keeps every write for ever and, for each replica and surface, the set of writes that have arrived.
It shares with the real store the draws (`uniform`, a lag's `sample`) and the choice of replicas.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sm_emulator.store.index import SortOrder
from sm_emulator.store.lag import uniform
from sm_emulator.store.reading import Read, Session, select_replicas
from sm_emulator.store.rules import Consistency, ConsistencyRule, DrawContext, Surface
from sm_emulator.store.version import Key


@dataclass
class Write:
    n: int
    committed: float
    value: object | None
    held_by: list[ConsistencyRule]
    misses: dict[str, int]
    created: int


@dataclass
class Eager:
    seed: int
    consistency: Consistency
    now: float
    writes: dict[Key, list[Write]] = field(default_factory=dict)
    queue: list[tuple[float, Key, int, str, Surface, int]] = field(default_factory=list)
    arrived: set[tuple[Key, int, str, Surface, int]] = field(default_factory=set)
    reads: dict[tuple[Key, str], int] = field(default_factory=dict)
    settled_through: dict[Key, int] = field(default_factory=dict)
    pages: dict[tuple[str, str], int] = field(default_factory=dict)
    lsn: int = 0

    @property
    def _context(self) -> DrawContext:
        return DrawContext(self.consistency, self.seed)

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self._apply()

    def write(self, key: Key, value: object | None, kind: str) -> None:
        history = self.writes.setdefault(key, [])
        self.lsn += 1
        created = history[-1].created if history and kind == "update" else self.lsn
        write = Write(len(history) + 1, self.now, value, [], {}, created)
        for rule in self.consistency.rules:
            chance = uniform(self.seed, "late", rule.name, *key, write.n)
            if kind in rule.after and rule.matches_key(key.type, key.name) and chance < rule.probability:
                self._hold(key, write, rule)
        history.append(write)
        self.reads = {place: count for place, count in self.reads.items() if place[0] != key}
        self._apply()

    def _hold(self, key: Key, write: Write, rule: ConsistencyRule) -> None:
        if rule.lag is None:
            write.held_by.append(rule)
            write.misses[rule.name] = rule.reads
            return
        replicas = self.consistency.replicas
        events = []
        for surface in rule.surfaces:
            for replica in range(replicas.count):
                lag = 0.0
                if replica >= replicas.visible_at_ack or surface == "list":
                    u = uniform(self.seed, "lag", *key, write.n, surface, replica)
                    lag = min(rule.lag.sample(u), self.consistency.max_lag)
                events.append((self.now + lag, key, write.n, rule.name, surface, replica))
        if any(at > self.now for at, *_ in events):
            write.held_by.append(rule)
            self.queue += events

    def settle(self) -> None:
        for key, history in self.writes.items():
            self._settle_at(key, len(history))

    def read(self, key: Key, surface: Surface, operation: str, session: Session) -> Read:
        history = self.writes.get(key, [])
        base = self.settled_through.get(key, 0)
        if not history:
            return Read(None, surface)
        head = history[-1]
        if base == len(history):
            return self._settled_read(key, head, surface, operation)
        holders = self._holders(key, surface, operation)
        rule = self._rule(holders)
        if rule is None:
            return Read(head.value, surface, age=self.now - head.committed)

        def newest(replica: int) -> int:
            return self._newest(key, holders, surface, replica)

        nth = self.reads.get((key, session.identity), 0)
        self.reads[key, session.identity] = nth + 1
        selected = select_replicas(self._context, key, rule, session.name, (head.n, nth), newest)
        replica = max((r for r, _ in selected), key=newest)
        seen = newest(replica)
        self._spend(key, holders)
        value = history[seen - 1].value if seen else None
        self._apply_after_read()
        return Read(value, surface, replica, head.n - seen, self.now - head.committed, rule.name)

    def page(
        self,
        region: str,
        type_: str,
        operation: str,
        order: SortOrder,
        limit: int,
        session: Session,
        after: tuple | None,
    ) -> tuple[list[tuple[str, object]], tuple | None, int]:
        """Return items, where the next page begins, and how many of the page's keys were seen stale."""
        keys = [key for key in self.writes if (key.region, key.type) == (region, type_)]
        holders = {
            key: self._holders(key, "list", operation)
            for key in keys
            if self.settled_through.get(key, 0) < len(self.writes[key])
        }
        held = [key for key in holders if self._rule(holders[key])]
        seen = {key: len(self.writes[key]) for key in keys}
        nth = self.pages.get((type_, session.identity), 0)
        self.pages[type_, session.identity] = nth + 1
        if held:

            def newest(replica: int) -> int:
                return sum(self._newest(key, holders[key], "list", replica) for key in held)

            index = Key(region, type_, "")
            rule = self._rule(holders[held[0]])
            selected = select_replicas(self._context, index, rule, session.name, (0, nth), newest)
            for key in held:
                seen[key] = max(self._newest(key, holders[key], "list", r) for r, _ in selected)
        places = {key: self._place(key, seen[key], order) for key in keys}
        ordered = sorted(
            (place, key) for key, place in places.items() if place and _behind(place, after, order)
        )
        if order.descending:
            ordered.reverse()
        until = ordered[limit - 1][0] if len(ordered) > limit else None
        stale = 0
        for key, holding in holders.items():
            heads = {places[key], self._place(key, len(self.writes[key]), order)} - {None}
            if any(_behind(p, after, order) and not _behind(p, until, order, ends=True) for p in heads):
                stale += seen[key] < len(self.writes[key])
                if key in held:
                    self._spend(key, holding)
        self._apply_after_read()
        items = [(key.name, self.writes[key][seen[key] - 1].value) for _, key in ordered[:limit]]
        return items, until, stale

    def _place(self, key: Key, n: int, order: SortOrder) -> tuple | None:
        if n == 0 or self.writes[key][n - 1].value is None:
            return None
        return (key.name,) if order.by == "name" else (self.writes[key][n - 1].created, key.name)

    def _holders(self, key: Key, surface: Surface, operation: str) -> dict[int, ConsistencyRule | None]:
        retained = self.writes[key][max(self.settled_through.get(key, 0) - 1, 0) :]
        return {write.n: self._holder(write, surface, operation) for write in retained}

    def _rule(self, holders: dict[int, ConsistencyRule | None]) -> ConsistencyRule | None:
        return next((holders[n] for n in sorted(holders, reverse=True) if holders[n]), None)

    def _newest(
        self, key: Key, holders: dict[int, ConsistencyRule | None], surface: Surface, replica: int
    ) -> int:
        base = self.settled_through.get(key, 0)
        shown = [
            write.n
            for write in self.writes[key][base:]
            if self._shows(key, write, holders[write.n], surface, replica)
        ]
        return max(shown, default=base)

    def _spend(self, key: Key, holders: dict[int, ConsistencyRule | None]) -> None:
        for n in sorted(holders):
            holder, write = holders[n], self.writes[key][n - 1]
            if holder and write.misses.get(holder.name):
                write.misses[holder.name] -= 1
                break

    def _settled_read(self, key: Key, head: Write, surface: Surface, operation: str) -> Read:
        if head.value is None:
            return Read(None, surface)
        rules = (
            r
            for r in self.consistency.rules
            if r.matches_read(surface, operation) and r.matches_key(key.type, key.name)
        )
        rule = next(rules, None)
        return Read(head.value, surface, age=self.now - head.committed, rule=rule.name if rule else None)

    def _holder(self, write: Write, surface: Surface, operation: str) -> ConsistencyRule | None:
        return next((rule for rule in write.held_by if rule.matches_read(surface, operation)), None)

    def _shows(
        self, key: Key, write: Write, holder: ConsistencyRule | None, surface: Surface, replica: int
    ) -> bool:
        if holder is None:
            return True
        if holder.lag is None:
            return write.misses[holder.name] == 0
        known = [place[4] for place in self._places(key, write, holder, surface)]
        return (key, write.n, holder.name, surface, replica % len(known)) in self.arrived

    def _places(self, key: Key, write: Write, holder: ConsistencyRule, surface: Surface) -> list[tuple]:
        wanted = (key, write.n, holder.name, surface)
        waiting = [event[1:] for event in self.queue if event[1:5] == wanted]
        return waiting + [place for place in self.arrived if place[:4] == wanted]

    def _apply(self) -> None:
        due = [event for event in self.queue if event[0] <= self.now]
        self.queue = [event for event in self.queue if event[0] > self.now]
        self.arrived |= {event[1:] for event in due}
        self._apply_after_read()

    def _apply_after_read(self) -> None:
        waiting = {(event[1], event[2]) for event in self.queue}
        for key, history in self.writes.items():
            for write in reversed(history[self.settled_through.get(key, 0) :]):
                if (key, write.n) not in waiting and not any(write.misses.values()):
                    self._settle_at(key, write.n)
                    break

    def _settle_at(self, key: Key, n: int) -> None:
        """Drop what held writes back up to the n-th, which everybody sees now."""
        self.settled_through[key] = n
        self.queue = [event for event in self.queue if event[1] != key or event[2] > n]
        is_head = n == len(self.writes[key])
        for write in self.writes[key][: n if is_head else n - 1]:
            write.held_by, write.misses = [], {}


def _behind(place: tuple, edge: tuple | None, order: SortOrder, *, ends: bool = False) -> bool:
    """Return whether `place` comes after `edge`; no edge is before everything, or at `ends` after it."""
    if edge is None:
        return not ends
    return place < edge if order.descending else place > edge
