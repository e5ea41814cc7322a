"""What decides how late a write becomes visible, and to whom: rules and replicas."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

from sm_emulator.store.lag import Lag

Surface = Literal["describe", "load"]
Kind = Literal["create", "update", "delete"]
Choice = Literal["random", "sticky", "round_robin", "stalest", "freshest", "leader"]

SURFACES: tuple[Surface, ...] = get_args(Surface)
KINDS: tuple[Kind, ...] = get_args(Kind)


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
    Exactly one of `lag` (time until a replica sees it) and `reads` (how many reads miss it) is set.
    Empty `types` and `operations` mean all.
    """

    name: str
    types: frozenset[str] = frozenset()
    names: str = "*"
    operations: frozenset[str] = frozenset()
    surfaces: frozenset[Surface] = frozenset(SURFACES)
    after: frozenset[Kind] = frozenset(KINDS)
    probability: float = 1.0
    lag: Lag | None = None
    reads: int = 0

    def concerns(self, type_: str, name: str) -> bool:
        """Tell whether resources of this type and name fall under the rule."""
        return (not self.types or type_ in self.types) and (
            self.names == "*" or fnmatchcase(name, self.names)
        )

    def meets(self, surface: Surface, operation: str) -> bool:
        """Tell whether a read on `surface` by `operation` can be late under the rule."""
        return surface in self.surfaces and (not self.operations or operation in self.operations)


@dataclass(frozen=True, slots=True)
class Consistency:
    """The consistency of a store. The default is strong: no rule, so nothing is ever late.

    `max_lag`, in seconds, caps every lag: a write is visible everywhere that long after its commit.
    """

    replicas: Replicas = field(default_factory=Replicas)
    rules: tuple[Rule, ...] = ()
    max_lag: float = 1.0
