"""A store on a virtual clock, with words for what tests do to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_emulator.bounds import Bounds
from sm_emulator.clock import VirtualClock
from sm_emulator.consistency.build import build
from sm_emulator.store.reading import Read, Session
from sm_emulator.store.rules import Consistency, Surface
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key


def key(name: str = "k", type_: str = "EndpointConfig") -> Key:
    return Key("us-east-1", type_, name)


class VirtualStore:
    """A store, its clock, and one session that does everything unless another is named."""

    def __init__(
        self, table: Mapping[str, Any] | Consistency, seed: int = 0, *, entries: int = 10_000
    ) -> None:
        self.bounds = Bounds(entries)
        self.clock = VirtualClock(start=1000.0)
        consistency = table if isinstance(table, Consistency) else build(table)
        self.store = Store(self.clock, seed, consistency, bounds=self.bounds)

    def create(self, name: str = "k", value: object = "v1", session: str = "s") -> None:
        self.store.write(key(name), value, "create", Session(session))

    def update(self, name: str = "k", value: object = "v2", session: str = "s") -> None:
        self.store.write(key(name), value, "update", Session(session))

    def delete(self, name: str = "k", session: str = "s") -> None:
        self.store.write(key(name), None, "delete", Session(session))

    def read(
        self,
        name: str = "k",
        surface: Surface = "describe",
        operation: str = "Describe",
        session: str = "s",
        **options: bool,
    ) -> Read:
        return self.store.read(key(name), surface, operation, Session(session), **options)

    def see(self, name: str = "k", surface: Surface = "describe", session: str = "s") -> object:
        return self.read(name, surface, session=session).value


def late(lag: str | float = "1s", **more: Any) -> dict[str, Any]:
    """Describe a consistency with one rule of a constant lag."""
    match = {
        name: more.pop(name)
        for name in ("types", "names", "operations", "surfaces", "after")
        if name in more
    }
    rule = {"name": "late", "match": match, "lag": {"dist": "constant", "value": lag}}
    probability = more.pop("probability", None)
    if probability is not None:
        rule["probability"] = probability
    return {"bounds": {"max_lag": "1h"}, "rules": [rule], **more}


def counted(reads: Any, **more: Any) -> dict[str, Any]:
    """Describe a consistency with one rule that counts reads."""
    per = more.pop("per", "version")
    match = {
        name: more.pop(name)
        for name in ("types", "names", "operations", "surfaces", "after")
        if name in more
    }
    return {"rules": [{"name": "counted", "match": match, "reads": reads, "per": per}], **more}


ONE_COPY = {"replicas": {"count": 1, "visible_at_ack": 0}}
