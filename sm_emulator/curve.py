"""How many reads are fresh, by the age of what they read: measured through the store itself."""

from __future__ import annotations

from sm_emulator.clock import VirtualClock
from sm_emulator.store import Consistency, Key, Kind, Session, Store, Surface

# Who reads on each surface in the only case that AWS documents
_OPERATIONS: dict[Surface, str] = {"describe": "DescribeEndpointConfig", "load": "CreateEndpoint"}


def fresh(
    consistency: Consistency,
    age: float,
    surface: Surface = "describe",
    kind: Kind = "create",
    *,
    name: str = "config",
    seed: int = 0,
    n: int = 1000,
) -> float:
    """Measure the share of first reads, `age` seconds after a write, that see the write.

    `n` endpoint configurations, their names beginning with `name`, are each written once by a write
    of `kind` and read once; all draws are from `seed`.
    """
    clock = VirtualClock()
    store = Store(clock, seed, Consistency())
    keys = [Key("us-east-1", "EndpointConfig", f"{name}-{i}") for i in range(n)]
    if kind != "create":
        for key in keys:
            store.write(key, "before", "create")
    store.consistency = consistency
    for key in keys:
        store.write(key, None if kind == "delete" else "after", kind)
    clock.advance(age)
    operation = _OPERATIONS[surface]
    return sum(store.read(key, surface, operation, Session()).stale == 0 for key in keys) / n
