"""When each replica shows a write: drawn once, when a read first needs it, and ordered across keys.

Within one key the last writer wins, so order is given. Across keys it is a lower bound on the times
from which a new write is visible: `prefix` bounds it by all previous writes, monotonic writes by
those of its session, writes-follow-reads by those that its session has read.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from sm_emulator.bounds import Bounds
from sm_emulator.store.lag import Lag, Wars, uniform
from sm_emulator.store.rules import Consistency, DrawContext, Guarantee, Surface, WriteKind
from sm_emulator.store.version import SESSIONS, Chain, Holdback, Key, Version

# Returns the time before which a replica must not show, on a surface, what is written now
Floor = Callable[[Surface, int], float]
Times = dict[tuple[Surface, int], float]


def hold_back(
    context: DrawContext, key: Key, version: Version, floor: Floor | None = None, *, late: bool = True
) -> tuple[Holdback, ...]:
    """Draw how each rule holds a version of `key` back; where not `late`, only `floor` does."""
    consistency, seed = context
    n, now = version.n, version.committed
    holdbacks = []
    for rule in consistency.rules:
        if not rule.matches_key(key.type, key.name):
            continue
        held = late and version.kind in rule.after
        if held and rule.probability < 1:
            held = uniform(seed, "late", rule.name, *key, n) < rule.probability
        if rule.lag is None:
            misses = rule.misses(uniform(seed, "reads", rule.name, *key, n)) if held else 0
            if misses:
                holdbacks.append(Holdback(rule, {}, misses))
        elif held or floor is not None:
            visible_at = {}
            for surface in rule.surfaces:
                lags = [0.0] * consistency.replicas.count
                if held:
                    lags = _lags(context, rule.lag, key, n, surface)
                times = [now + min(lag, consistency.cap(rule)) for lag in lags]
                if floor is not None:
                    times = [max(time, floor(surface, r)) for r, time in enumerate(times)]
                visible_at[surface] = tuple(times)
            if any(max(times) > now for times in visible_at.values()):
                holdbacks.append(Holdback(rule, visible_at))
    return tuple(holdbacks)


def _lags(context: DrawContext, lag: Lag | Wars, key: Key, n: int, surface: Surface) -> list[float]:
    """Draw the lag of each replica on a surface, in seconds."""
    if isinstance(lag, Wars):
        return _wars_lags(context, lag, *key, n, surface)
    replicas = context.consistency.replicas
    # a list reads an index, which is updated later on every replica: as with DynamoDB's GSIs
    fresh = 0 if surface == "list" else replicas.visible_at_ack
    return [0.0] * fresh + [
        lag.sample(uniform(context.seed, "lag", *key, n, surface, replica))
        for replica in range(fresh, replicas.count)
    ]


def _wars_lags(context: DrawContext, wars: Wars, *key: object) -> list[float]:
    """Draw when the write arrives at each replica, from its acknowledgement on; never before that."""
    replicas = context.consistency.replicas
    sent = one_way(wars.w, wars.remote, replicas.count, context.seed, "w", *key)
    returned = one_way(wars.a, wars.remote, replicas.count, context.seed, "a", *key)
    acknowledged = sorted(w + a for w, a in zip(sent, returned, strict=True))
    at = acknowledged[replicas.visible_at_ack - 1] if replicas.visible_at_ack else 0.0
    return [max(w - at, 0.0) for w in sent]


def one_way(lag: Lag, remote: float, count: int, seed: int, purpose: str, *key: object) -> list[float]:
    """Draw a one-way delay to each of `count` replicas, all but one of which are `remote`.

    Both directions of a write, and both of a read, share one coordinator: w and a, r and s.
    """
    trip = "write" if purpose in {"w", "a"} else "read"
    local = int(uniform(seed, f"{trip} coordinator", *key) * count)
    return [
        lag.sample(uniform(seed, purpose, *key, replica)) + (remote if replica != local else 0.0)
        for replica in range(count)
    ]


@dataclass(slots=True)
class Ordering:
    """The latest times, by surface and replica: of all writes, and of those that bind a session.

    Beyond the bound the times of all sessions that came before are merged into those of None, which
    bind every session: writes are held back longer then, never too short.
    """

    bounds: Bounds
    all_writes: Times = field(default_factory=dict)
    sessions: dict[tuple[Guarantee, str | None], Times] = field(default_factory=dict)

    def hold_back(
        self, context: DrawContext, key: Key, version: Version, session: str, *, late: bool
    ) -> tuple[Holdback, ...]:
        """Draw how a write is held back: by its rules where it is `late`, and by what precedes it."""
        consistency = context.consistency
        if not consistency.orders_writes:
            return hold_back(context, key, version, late=late)
        floor = partial(self._floor, consistency, session)
        held = hold_back(context, key, version, floor, late=late)
        if consistency.order == "prefix":
            _raise(self.all_writes, _times(held))
        if "mw" in consistency.session:
            self._add("mw", session, held)
        return held

    def add_read(self, session: str, holdbacks: Iterable[Holdback]) -> None:
        """Order what `session` writes after a version with these holdbacks, which it has read."""
        self._add("wfr", session, holdbacks)

    def _floor(self, consistency: Consistency, session: str, surface: Surface, replica: int) -> float:
        """Return the time before which a write of `session` must not be visible there."""
        place = (surface, replica)
        times = [
            self.sessions.get((guarantee, whose), {}).get(place, 0.0)
            for guarantee in consistency.session & {"mw", "wfr"}
            for whose in (session, None)
        ]
        if consistency.order == "prefix":
            times.append(self.all_writes.get(place, 0.0))
        return max(times, default=0.0)

    def _add(self, guarantee: Guarantee, session: str, holdbacks: Iterable[Holdback]) -> None:
        if len(self.sessions) > self.bounds.entries:
            self.bounds.count(SESSIONS, len(self.sessions))
            merged: dict[tuple[Guarantee, str | None], Times] = {}
            for (bound, _), times in self.sessions.items():
                _raise(merged.setdefault((bound, None), {}), times.items())
            self.sessions = merged
        _raise(self.sessions.setdefault((guarantee, session), {}), _times(holdbacks))


def _times(holdbacks: Iterable[Holdback]) -> Iterator[tuple[tuple[Surface, int], float]]:
    for holdback in holdbacks:
        for surface, times in holdback.visible_at.items():
            for replica, time in enumerate(times):
                yield (surface, replica), time


def _raise(times: Times, others: Iterable[tuple[tuple[Surface, int], float]]) -> None:
    for place, time in others:
        times[place] = max(time, times.get(place, 0.0))


class Pending(NamedTuple):
    """A version that some reads cannot see yet: until `until` (seconds since 1970), or for `reads`."""

    key: Key
    write: WriteKind
    committed: float
    surface: Surface
    replica: int | None
    until: float | None
    reads: int | None
    rule: str


def pending(chains: Iterable[tuple[Key, Chain]], now: float) -> Iterator[Pending]:
    """List where rules hide the versions of each key; those that are not drawn are not changed."""
    versions = (
        (version, key, chain.undrawn if version is chain.latest else None)
        for key, chain in chains
        for version in chain.versions
    )
    for version, key, undrawn in versions:
        if (
            undrawn
            and version.committed + undrawn.consistency.longest_lag(*key[1:], version.kind) <= now
        ):
            continue  # visible whatever is drawn, which takes longer
        for holdback in hold_back(undrawn, key, version) if undrawn else version.holdbacks:
            rule = holdback.rule
            left = holdback.misses if rule.per_session else holdback.misses_left("")
            write = (key, version.kind, version.committed)
            for surface in sorted(rule.surfaces):
                if left:
                    yield Pending(*write, surface, None, None, left, rule.name)
                for replica, until in enumerate(holdback.visible_at.get(surface, ())):
                    if until > now:
                        yield Pending(*write, surface, replica, until, None, rule.name)
