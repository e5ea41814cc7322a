"""Who asks a store, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sm_emulator.store.index import Position
from sm_emulator.store.rule import Kind, Surface
from sm_emulator.store.version import Holdback, Key, Version


class Session(NamedTuple):
    """Who reads: `identity` tells sessions apart, `name` is what the client called itself, if it did."""

    identity: str = ""
    name: str = ""


class Read(NamedTuple):
    """What a read saw, and how far that is from the truth.

    `replica` is None where all replicas agree, so that none had to be chosen. `stale` counts the
    newer versions that the read did not see; `age` is the time since the key was last written, in
    seconds; `rule` is the rule that the read falls under, None where it is consistent.
    """

    value: object | None
    surface: Surface
    replica: int | None = None
    stale: int = 0
    age: float = 0.0
    rule: str | None = None


class Mark(NamedTuple):
    """Where a page ended: behind `position`; or, of the list fixed as `snapshot`, before `start`."""

    position: Position | None = None
    snapshot: int = 0
    start: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The names and values on one page, what the read met, and the mark of the next page, if any.

    `read.stale` counts the keys of the page that were seen other than the leader holds them; its
    `age` is the time since the last of the writes that it missed.
    """

    items: list[tuple[str, object]]
    read: Read
    next: Mark | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A version that some reads cannot see yet: until `until` (seconds since 1970), or for `reads`."""

    key: Key
    kind: Kind
    committed: float
    surface: Surface
    replica: int | None
    until: float | None
    reads: int | None
    rule: str


def pending(key: Key, version: Version, holdback: Holdback, now: float) -> Iterator[Pending]:
    """List where one rule hides one version."""
    name = holdback.rule.name
    left = holdback.owed if holdback.rule.per_session else holdback.left("")
    for surface in sorted(holdback.rule.surfaces):
        if left:
            yield Pending(key, version.kind, version.committed, surface, None, None, left, name)
        for replica, until in enumerate(holdback.visible.get(surface, ())):
            if until > now:
                yield Pending(key, version.kind, version.committed, surface, replica, until, None, name)
