"""From when on each replica shows a write: drawn once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sm_emulator.store.chance import SEPARATOR, draws, uniform
from sm_emulator.store.lag import Lag, Wars
from sm_emulator.store.rule import Consistency, Rule, Surface
from sm_emulator.store.terms import DrawContext
from sm_emulator.store.version import Holdback, Key, Version

# The time before which a replica must not show, on a surface, what is written now
Floor = Callable[[Surface, int], float]
# Gives the lags of the replicas on a surface, in seconds
_Lags = Callable[[Surface], list[float]]


def hold_back(
    terms: DrawContext, key: Key, version: Version, floor: Floor | None = None, *, late: bool = True
) -> tuple[Holdback, ...]:
    """Draw how each rule holds a version of `key` back; where not `late`, only `floor` does."""
    return tuple(_hold_back(terms, key, version, floor, late=late))


def _hold_back(
    terms: DrawContext, key: Key, version: Version, floor: Floor | None, *, late: bool
) -> Iterator[Holdback]:
    consistency, seed = terms.consistency, terms.seed
    kind, n, now = version.kind, version.n, version.committed
    for rule in consistency.rules:
        if not rule.concerns(key.type, key.name):
            continue
        held = late and kind in rule.after and _happens(rule, seed, key, n)
        if rule.lag is None:
            owed = rule.owed(uniform(seed, "reads", rule.name, *key, n)) if held else 0
            if owed:
                yield Holdback(rule, {}, owed)
            continue
        if not held and floor is None:
            continue
        lags = _lags(consistency, seed, rule.lag, key, n) if held else _none(consistency)
        cap = terms.cap(rule)
        visible = {surface: _times(lags(surface), cap, surface, now, floor) for surface in rule.surfaces}
        if any(max(times) > now for times in visible.values()):
            yield Holdback(rule, visible)


def _happens(rule: Rule, seed: int, key: Key, n: int) -> bool:
    # a draw is always below 1, so a certain rule needs none
    return rule.probability == 1 or uniform(seed, "late", rule.name, *key, n) < rule.probability


def _times(
    lags: Sequence[float], cap: float, surface: Surface, now: float, floor: Floor | None
) -> tuple[float, ...]:
    times = tuple([now + min(lag, cap) for lag in lags])
    if floor is None:
        return times
    return tuple(max(time, floor(surface, replica)) for replica, time in enumerate(times))


def _none(consistency: Consistency) -> _Lags:
    return lambda _: [0.0] * consistency.replicas.count


def _lags(consistency: Consistency, seed: int, lag: Lag | Wars, key: Key, n: int) -> _Lags:
    if isinstance(lag, Wars):
        return partial(_wars, consistency, seed, lag, key, n)
    replicas = consistency.replicas
    draw = draws(seed, "lag", *key, n)

    def drawn(surface: Surface) -> list[float]:
        # a list reads an index, which is filled later on every replica: as with DynamoDB's GSIs
        fresh = 0 if surface == "list" else replicas.visible_at_ack
        late = [
            lag.sample(draw(f"{surface}{SEPARATOR}{replica}"))
            for replica in range(fresh, replicas.count)
        ]
        return [0.0] * fresh + late

    return drawn


def _wars(
    consistency: Consistency, seed: int, wars: Wars, key: Key, n: int, surface: Surface
) -> list[float]:
    """Measure the ways of the write from its acknowledgement on: negative ways are none."""
    replicas = consistency.replicas
    ways = one_way(wars.w, wars.remote, replicas.count, seed, "w", *key, n, surface)
    backs = one_way(wars.a, wars.remote, replicas.count, seed, "a", *key, n, surface)
    acknowledged = sorted(way + back for way, back in zip(ways, backs, strict=True))
    at = acknowledged[replicas.visible_at_ack - 1] if replicas.visible_at_ack else 0.0
    return [max(way - at, 0.0) for way in ways]


def one_way(lag: Lag, remote: float, count: int, seed: int, purpose: str, *key: object) -> list[float]:
    """Draw a one-way delay to each of `count` replicas, all but one of which are `remote`.

    Both ways of a write, and both of a read, are drawn from the same coordinator: w and a, r and s.
    """
    trip = "write" if purpose in {"w", "a"} else "read"
    local = int(uniform(seed, f"{trip} coordinator", *key) * count)
    return [
        lag.sample(uniform(seed, purpose, *key, replica)) + (remote if replica != local else 0.0)
        for replica in range(count)
    ]
