"""What decides how late a write becomes visible, and to whom: rules and replicas."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from sm_emulator.store.lag import Lag, Wars
from sm_emulator.values import matches_glob

Surface = Literal["describe", "load", "list"]
Kind = Literal["create", "update", "delete"]
Choice = Literal["random", "sticky", "round_robin", "stalest", "freshest", "leader"]
Order = Literal["independent", "prefix"]
Guarantee = Literal["ryw", "mr", "mw", "wfr"]
Snapshot = Literal["page", "query"]

SURFACES: tuple[Surface, ...] = get_args(Surface)
KINDS: tuple[Kind, ...] = get_args(Kind)
GUARANTEES: tuple[Guarantee, ...] = get_args(Guarantee)


@dataclass(frozen=True, slots=True)
class Replicas:
    """The copies of a key. Replica 0 is the leader.

    `count` copies; the first `visible_at_ack` of them show a write when it is acknowledged (0:
    none does); a read asks `read_replicas` of them, picked by `choice`, and the newest answer wins.
    """

    count: int = 3
    visible_at_ack: int = 1
    read_replicas: int = 1
    choice: Choice = "random"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which writes are seen late, by which reads, and by how much.

    A write is matched by `types`, `names` (a glob) and `after` (its kind) when it is made; with
    chance `probability` it is then held back. A read meets it by `surfaces` and `operations`.
    Empty `types` and `operations` mean all. Held back is either for a time, `lag`, of at most
    `max_lag` seconds; or, where `lag` is None, for a number of reads: `reads`, or geometrically many
    where each read ends it with chance `ends` (0: not so). `per_session` counts the reads of each
    session apart.
    """

    name: str
    types: frozenset[str] = frozenset()
    names: str = "*"
    operations: frozenset[str] = frozenset()
    surfaces: frozenset[Surface] = frozenset(SURFACES)
    after: frozenset[Kind] = frozenset(KINDS)
    probability: float = 1.0
    lag: Lag | Wars | None = None
    max_lag: float | None = None
    reads: int = 0
    ends: float = 0.0
    per_session: bool = False

    def concerns(self, type_: str, name: str | None) -> bool:
        """Tell whether resources of this type and name (None: some name) fall under the rule."""
        return (not self.types or type_ in self.types) and (
            self.names == "*" or name is None or matches_glob(name, self.names)
        )

    def meets(self, surface: Surface, operation: str) -> bool:
        """Tell whether a read on `surface` by `operation` can be late under the rule."""
        return surface in self.surfaces and (not self.operations or operation in self.operations)

    def owed(self, u: float) -> int:
        """Give the number of reads that miss a write, at the quantile `u`."""
        if not self.ends:
            return self.reads
        return 0 if self.ends == 1 else int(math.log(u) / math.log1p(-self.ends))


@dataclass(frozen=True, slots=True)
class Consistency:
    """The consistency of a store. The default is strong: no rule, so nothing is ever late.

    Times in seconds. `max_lag` caps every lag: a write is visible everywhere that long after its
    commit. `order` "prefix": each replica shows what is held back in the order of the commits.
    `session`: the session guarantees in force (Terry et al., PDIS 1994). A read shows nothing older
    than `max_staleness`, nor more than `k_staleness` versions behind. What is written later than
    `quiesce_after` into the scenario's time is visible at once. None: off. `snapshot` "page": each page
    of a list is a read of its own; "query": the first page fixes what all of them show.
    """

    replicas: Replicas = field(default_factory=Replicas)
    rules: tuple[Rule, ...] = ()
    max_lag: float = 1.0
    order: Order = "independent"
    session: frozenset[Guarantee] = frozenset()
    max_staleness: float | None = None
    k_staleness: int | None = None
    quiesce_after: float | None = None
    snapshot: Snapshot = "page"

    @property
    def orders(self) -> bool:
        """Tell whether a write may have to wait for others to be visible."""
        return self.order == "prefix" or not self.session.isdisjoint(("mw", "wfr"))

    def rule(self, type_: str, name: str | None, surface: Surface, operation: str) -> Rule | None:
        """Find the rule that a read falls under: the first that matches. None: it is consistent."""
        for rule in self.rules:
            if rule.meets(surface, operation) and rule.concerns(type_, name):
                return rule
        return None
