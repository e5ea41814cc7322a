"""A key's versions, and from when on each replica shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from sm_emulator.store.rule import Kind, Rule, Surface

# More unsettled versions of one key than this are not kept: the oldest go, which moves replicas
# forward and never back.
MAX_VERSIONS = 64


class Key(NamedTuple):
    """What a resource is called inside one store."""

    region: str
    type: str
    name: str


@dataclass(slots=True)
class Holdback:
    """How one rule holds one version back.

    Either `visible`: per surface and replica the time, in seconds since 1970, from which on it is
    seen; or `left`: how many reads are still to miss it.
    """

    rule: Rule
    visible: dict[Surface, tuple[float, ...]]
    left: int

    def hides(self, surface: Surface, replica: int, now: float) -> bool:
        """Tell whether `replica` does not yet show the version on `surface`."""
        if self.rule.lag is None:
            return self.left > 0
        times = self.visible[surface]
        return times[replica % len(times)] > now  # a later consistency may have more replicas

    def settles_at(self) -> float:
        """Tell from when on it hides nothing from anyone; infinity while reads are still owed."""
        if self.rule.lag is None:
            return float("inf") if self.left else 0.0
        return max(max(times) for times in self.visible.values())


@dataclass(slots=True)
class Version:
    """One write of a key: `value` is None where it deleted the key.

    `lsn` counts the commits of the store, `n` those of the key; `committed` is in seconds since
    1970. A write that no rule holds back is visible everywhere at once.
    """

    lsn: int
    n: int
    kind: Kind
    committed: float
    value: object | None
    holdbacks: tuple[Holdback, ...] = ()

    def holdback(self, surface: Surface, operation: str) -> Holdback | None:
        """Find what may hide this version from a read: the first rule that the read meets."""
        for holdback in self.holdbacks:
            if holdback.rule.meets(surface, operation):
                return holdback
        return None

    def settles_at(self) -> float:
        """Tell from when on every read anywhere can see it."""
        return max((holdback.settles_at() for holdback in self.holdbacks), default=0.0)


@dataclass(slots=True)
class Chain:
    """The versions of a key that some read may still see, oldest first, and who read it how often."""

    versions: list[Version]
    reads: dict[str, int] = field(default_factory=dict)

    @property
    def head(self) -> Version:
        """The newest version: what the leader holds."""
        return self.versions[-1]

    def append(self, version: Version) -> None:
        """Add a version; reads are counted anew from each write on."""
        self.versions.append(version)
        self.reads = {}
        if len(self.versions) > MAX_VERSIONS:
            del self.versions[0]
