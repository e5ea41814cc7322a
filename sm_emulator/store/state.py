"""What a store holds: the chains, what is known of order, and the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from sm_emulator.store.answer import Read, Session
from sm_emulator.store.chains import Chains
from sm_emulator.store.history import History
from sm_emulator.store.ordering import Ordering
from sm_emulator.store.page import Snapshots
from sm_emulator.store.rule import Consistency, Rule, Surface
from sm_emulator.store.terms import DrawContext
from sm_emulator.store.version import Chain, Key, Version
from sm_emulator.store.writes import Writes


class Met(NamedTuple):
    """The circumstances of a read: where, by which operation, who, and when."""

    surface: Surface
    operation: str
    session: Session
    now: float


@dataclass(slots=True)
class State:
    """All that changes in a store."""

    clock: Callable[[], float]
    terms: DrawContext
    history: History = field(default_factory=History)
    chains: Chains = field(default_factory=Chains)
    writes: Writes = field(default_factory=Writes)
    lsn: int = 0
    ordering: Ordering = field(default_factory=Ordering)
    snapshots: Snapshots = field(default_factory=Snapshots)

    @property
    def consistency(self) -> Consistency:
        """What decides how late the next writes are seen."""
        return self.terms.consistency

    @property
    def seed(self) -> int:
        """The root of every draw."""
        return self.terms.seed

    def now(self) -> float:
        """Tell the time, and forget what nobody sees any more."""
        now = self.clock()
        self.chains.collect(now)
        return now

    def seen(
        self,
        met: Met,
        key: Key,
        chain: Chain | None,
        version: Version,
        rule: Rule | None = None,
        replica: int | None = None,
    ) -> Read:
        """Answer a read with `version`, and remember what guarantees and checks will ask for."""
        head = chain.head if chain else version
        name = rule.name if rule else None
        identity = met.session.identity
        consistency = self.terms.consistency
        if chain and "mr" in consistency.session:
            chain.raise_floor(identity, version.lsn)
        if "wfr" in consistency.session:
            self.ordering.saw(identity, version.holdbacks, met.now)
        if consistency.rules:
            self.history.saw(
                met.now, identity, key, met.surface, met.operation, replica, version.n, head.n, name
            )
        behind = head.n - version.n
        return Read(version.value, met.surface, replica, behind, met.now - head.committed, name)
