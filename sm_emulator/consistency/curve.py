"""How many reads are fresh, by the age of what they read: measured through the store itself."""

from itertools import takewhile
from typing import NamedTuple

from sm_emulator.clock import VirtualClock
from sm_emulator.resources import ENDPOINT_CONFIG, RESOURCES, Resource
from sm_emulator.store.index import SortOrder
from sm_emulator.store.listing import EVERYTHING
from sm_emulator.store.rules import SURFACES, Consistency, Surface, WriteKind
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key

_REGION = "us-east-1"


class Point(NamedTuple):
    """The share of first reads that are fresh, on each surface, `age` seconds after the write."""

    age: float
    fresh: dict[Surface, float]


def curve(
    consistency: Consistency, after: WriteKind = "create", *, seed: int = 0, n: int = 1000
) -> list[Point]:
    """Measure at ages of 0, 1, 2, 5, 10, … ms up to `max_lag`. The parameters are those of `fresh`."""
    return [
        Point(age, {s: fresh(consistency, age, s, after, seed=seed, n=n) for s in SURFACES})
        for age in _ages(consistency.max_lag)
    ]


def fresh(
    consistency: Consistency,
    age: float,
    surface: Surface = "describe",
    after: WriteKind = "create",
    *,
    seed: int = 0,
    n: int = 1000,
) -> float:
    """Measure the share of first reads, `age` seconds after a write, that see the write.

    `n` resources are each written once, by a write of the kind `after`, and read once: all by one list,
    or each by itself. All draws are from `seed`. They are endpoint configurations, unless the first rule
    is for another type, and have names that it matches.
    """
    clock = VirtualClock()
    store = Store(clock, seed, Consistency())
    kind = _kind(consistency)
    glob = consistency.rules[0].names if consistency.rules else "*"
    keys = [Key(_REGION, kind.type, f"{glob.replace('*', 'config')}{i}") for i in range(n)]
    if after != "create":
        for key in keys:
            store.write(key, "before", "create")
    store.consistency = consistency
    for key in keys:
        store.write(key, None if after == "delete" else "after", after)
    clock.advance(age)
    operation = kind.readers[surface]
    if surface == "list":
        return 1 - store.page(_REGION, kind.type, operation, SortOrder(), EVERYTHING).read.stale / n
    return sum(store.read(key, surface, operation).stale == 0 for key in keys) / n


def _kind(consistency: Consistency) -> Resource:
    types = consistency.rules[0].types if consistency.rules else ()
    of_rule = [kind for kind in RESOURCES if kind.type in types]
    return ENDPOINT_CONFIG if not of_rule or ENDPOINT_CONFIG in of_rule else of_rule[0]


def _ages(longest: float) -> list[float]:
    steps = (float(f"{digit}e{exponent}") for exponent in range(-3, 10) for digit in (1, 2, 5))
    return [0.0, *takewhile(lambda age: age < longest, steps), longest]
