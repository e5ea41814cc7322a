"""Drive a store at random, by a seed: what long runs and negative controls are made of."""

from __future__ import annotations

from random import Random

from tests.support.virtual_store import VirtualStore, key

SESSIONS = ("s", "t", "u")
NAMES = ("a", "b", "c", "d")


def drive(virtual: VirtualStore, seed: int, steps: int = 300) -> None:
    """Create, update, delete, read and wait."""
    random = Random(seed)
    for _ in range(steps):
        name, session = random.choice(NAMES), random.choice(SESSIONS)
        exists = virtual.store.leader_value(key(name)) is not None
        match random.choice(("read", "read", "read", "write", "write", "delete", "wait")):
            case "read":
                virtual.see(name, random.choice(("describe", "load")), session)
            case "write" if exists:
                virtual.update(name, random.random(), session)
            case "write":
                virtual.create(name, random.random(), session)
            case "delete" if exists:
                virtual.delete(name, session)
            case _:
                virtual.clock.advance(random.random() / 4)
