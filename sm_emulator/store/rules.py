"""What decides how late a write becomes visible, and to which reads: rules, replicas and bounds."""

import math
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from sm_emulator.store.lag import Lag, Wars
from sm_emulator.values import matches_glob

Surface = Literal["describe", "load", "list"]
WriteKind = Literal["create", "update", "delete"]
ReplicaChoice = Literal["random", "sticky", "round_robin", "stalest", "freshest", "leader"]
CommitOrder = Literal["independent", "prefix"]
Guarantee = Literal["ryw", "mr", "mw", "wfr"]
Snapshot = Literal["page", "query"]

SURFACES: tuple[Surface, ...] = get_args(Surface)
WRITE_KINDS: tuple[WriteKind, ...] = get_args(WriteKind)
GUARANTEES: tuple[Guarantee, ...] = get_args(Guarantee)
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Replicas:
    """The copies of a key. Replica 0 is the leader.

    `count` copies; the first `visible_at_ack` of them show a write when it is acknowledged (0: none
    does); a read is sent to `read_replicas` of them, selected by `choice`, and the newest answer wins.
    """

    count: int = 3
    visible_at_ack: int = 1
    read_replicas: int = 1
    choice: ReplicaChoice = "random"


@dataclass(frozen=True, slots=True)
class ConsistencyRule:
    """Which writes become visible late, to which reads, and by how much.

    `types`, `names` (a glob) and `after` (the kind of write) are matched when a write commits; it is
    then held back with `probability`. `surfaces` and `operations` are matched by each read. Empty
    `types` and `operations` match all. A write is held back either for a time, `lag`, of at most
    `max_lag` seconds; or, where `lag` is None, for a number of reads: `reads`, or geometrically many
    where each read ends it with probability `ends` (0: off). `per_session` counts the reads of each
    session separately.
    """

    name: str
    types: frozenset[str] = frozenset()
    names: str = "*"
    operations: frozenset[str] = frozenset()
    surfaces: frozenset[Surface] = frozenset(SURFACES)
    after: frozenset[WriteKind] = frozenset(WRITE_KINDS)
    probability: float = 1.0
    lag: Lag | Wars | None = None
    max_lag: float | None = None
    reads: int = 0
    ends: float = 0.0
    per_session: bool = False

    def matches_key(self, type_: str, name: str | None) -> bool:
        """Return whether resources of this type and name (None: any name) fall under the rule."""
        return (not self.types or type_ in self.types) and (
            self.names == "*" or name is None or matches_glob(name, self.names)
        )

    def matches_read(self, surface: Surface, operation: str) -> bool:
        """Return whether a read on `surface` by `operation` can be stale under the rule."""
        return surface in self.surfaces and (not self.operations or operation in self.operations)

    def misses(self, u: float) -> int:
        """Return the number of reads that miss a write, at the quantile `u`."""
        if not self.ends:
            return self.reads
        return 0 if self.ends == 1 else int(math.log(u) / math.log1p(-self.ends))


@dataclass(frozen=True, slots=True)
class Consistency:
    """The consistency of a store. The default is strong: without a rule, no read is stale.

    Times are in seconds. `max_lag` caps every lag: a write is visible everywhere that long after its
    commit. `order` "prefix": each replica applies writes in commit order. `session`: the session
    guarantees in force (Terry et al., PDIS 1994). A read returns nothing older than `max_staleness`,
    nor more than `k_staleness` versions behind. Writes later than `quiesce_after` into the scenario's
    time are visible immediately. None: off. `snapshot` "page": each page of a list is a separate read;
    "query": the first page fixes the content of all pages.
    """

    replicas: Replicas = field(default_factory=Replicas)
    rules: tuple[ConsistencyRule, ...] = ()
    max_lag: float = 1.0
    order: CommitOrder = "independent"
    session: frozenset[Guarantee] = frozenset()
    max_staleness: float | None = None
    k_staleness: int | None = None
    quiesce_after: float | None = None
    snapshot: Snapshot = "page"

    @property
    def orders_writes(self) -> bool:
        """Whether the visibility of a write can depend on other writes."""
        return self.order == "prefix" or not self.session.isdisjoint(("mw", "wfr"))

    def rule_for(
        self, type_: str, name: str | None, surface: Surface, operation: str
    ) -> ConsistencyRule | None:
        """Return the first rule that matches a read; None: the read is consistent."""
        for rule in self.rules:
            if rule.matches_read(surface, operation) and rule.matches_key(type_, name):
                return rule
        return None

    def cap(self, rule: ConsistencyRule) -> float:
        """Return the longest lag in seconds that a rule can cause."""
        return self.max_lag if rule.max_lag is None else min(rule.max_lag, self.max_lag)

    def longest_lag(self, type_: str, name: str, kind: WriteKind) -> float:
        """Return the longest lag in seconds of such a write; NEVER where a rule counts reads."""
        longest = 0.0
        for rule in self.rules:
            if kind in rule.after and rule.matches_key(type_, name):
                longest = max(longest, NEVER if rule.lag is None else self.cap(rule))
        return longest


class DrawContext(NamedTuple):
    """The consistency in force and the seed: all that decides the random draws of a write or read."""

    consistency: Consistency
    seed: int
