"""A schedule in force: at each point it decides, and records what was possible and what was chosen.

It belongs to one scenario, whose lock its callers hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sm_emulator.catalog import implemented_operations
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.resources import RESOURCES, type_and_name
from sm_emulator.schedule.aliases import Aliases
from sm_emulator.schedule.causes import Cause, Label, Late, resource_text
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.store.lag import Constant, longest
from sm_emulator.store.rules import SURFACES, Consistency, ConsistencyRule, Surface
from sm_emulator.store.version import Version
from sm_emulator.wire.call import Call, type_of
from sm_emulator.wire.message import Delivery

PointKind = Literal["late", "request", "outcome", "write"]
Basis = Literal["documented", "sdk", "extrapolated"]

# Points, and counts of requests, that are kept: clients choose how many there are
_MOST = 100_000
_IDENTITY = {resource.type: resource.identity for resource in RESOURCES}
_LABELLED = frozenset(implemented_operations())
# How long a write is late where no rule says so, in seconds
_MAX_LAG = 5.0
# How long an answer is held back that is never sent, in seconds
_FOR_EVER = 86_400


@dataclass(frozen=True)
class Point:
    """A place in a run where a cause can act, the `order`-th of all, from 0.

    `late`: the request reads `subject`, and may see one of `depth` older versions that look different;
    0: it has no choice. `request`: it arrives. `outcome`: it begins what can fail. `write`: it has
    changed something, and its answer is about to be sent. `basis` says why such a read can be late:
    documented by AWS, stated by AWS's SDK or advice, or extrapolated from these.
    """

    order: int
    label: Label
    kind: PointKind
    subject: str | None = None
    depth: int = 1
    basis: Basis | None = None


class Script:
    """What one scenario holds while `schedule` is in force.

    `points` are those of the run so far, `chosen` those at which a cause acted, with the cause in words.
    A crash calls `on_crash`, which ends the program, and its answer is held back; without `on_crash` the
    connection is closed. From then on every request is refused so, and leaves no trace, until `crashed`
    is reset. A read can be late on `surfaces`, until `max_lag` seconds after the write; None: as long as
    the consistency allows.
    """

    def __init__(
        self,
        schedule: Schedule,
        on_crash: Callable[[], object] | None = None,
        surfaces: Collection[Surface] = SURFACES,
        max_lag: float | None = None,
    ) -> None:
        self.schedule = schedule
        self._surfaces, self._max_lag = surfaces, max_lag
        self.points: list[Point] = []
        self.chosen: list[tuple[Point, str]] = []
        self.consumed: Counter[Cause] = Counter()
        self.crashed = False
        self.writes = 0
        self._count = 0
        self._alias = Aliases(schedule)
        self._on_crash = on_crash
        self._requests: dict[tuple[str, str], int] = {}
        # at one place there is at most one
        self._lates = {(c.label, c.subject): c for c in schedule.causes if isinstance(c, Late)}
        # by reader and subject: the commit of the version that each cause keeps from it
        self._late: dict[tuple[str, str, str], dict[Late, int]] = {}

    def widen(self, consistency: Consistency) -> Consistency:
        """Return a consistency in which all that can be late is late, for as long as it can be.

        So the script alone decides, and no draw does. Where no rule makes anything late, all is late for
        `max_lag` seconds, by default 5. Raises ConfigurationError where writes are ordered and the
        schedule has a late list: its keys would have to fit to each other.
        """
        lists = [str(c) for c in self._lates.values() if c.label.operation.startswith("List")]
        if consistency.orders_writes and lists:
            place = "consistency.order" if consistency.order == "prefix" else "consistency.session"
            allowed = "allowed: order independent, and a session without mw and wfr"
            raise ConfigurationError(Problem(place, f"excludes a late list ({lists[0]}); {allowed}"))
        max_lag = self._max_lag
        if not consistency.rules:
            constant = Constant(_MAX_LAG if max_lag is None else max_lag)
            rule = ConsistencyRule("schedule", lag=constant, surfaces=frozenset(self._surfaces))
            return replace(consistency, rules=(rule,), max_lag=constant.value)
        if max_lag is not None:
            consistency = replace(consistency, max_lag=min(max_lag, consistency.max_lag))
        rules = []
        for rule in consistency.rules:
            if surfaces := rule.surfaces & set(self._surfaces):
                lag = rule.lag and Constant(min(longest(rule.lag), consistency.cap(rule)))
                rules.append(replace(rule, surfaces=surfaces, probability=1.0, lag=lag))
        return replace(consistency, rules=tuple(rules))

    def label(self, call: Call) -> Label | None:
        """Count a request, and return its label; None for one of another service, which has none."""
        if call.operation not in _LABELLED:
            return None
        place = (call.operation, self._resource(call))
        number = self._requests[place] = self._requests.pop(place, 0) + 1
        if len(self._requests) > _MOST:
            del self._requests[next(iter(self._requests))]
        return Label(*place, number)

    def unmet(self) -> tuple[Cause, ...]:
        """Return the causes that have not acted."""
        return tuple(cause for cause in self.schedule.causes if not self.consumed[cause])

    def happened(self) -> Schedule:
        """Return the schedule with its causes in the order in which they first acted."""
        return self.schedule.sorted_by(list(self.consumed))

    def add_point(self, label: Label, kind: PointKind, *more: Any) -> Point:
        """Record a point, and return it."""
        point = Point(self._count, label, kind, *more)
        self._count += 1
        self.points.append(point)
        if len(self.points) > _MOST:
            del self.points[0 : _MOST // 10]
        return point

    def act(self, cause: Cause, point: Point) -> str:
        """Record that a cause acted at a point; return the cause in words."""
        self.consumed[cause] += 1
        self.chosen.append((point, str(cause)))
        return str(cause)

    def subject(self, type_: str, name: str) -> str:
        """Return how a schedule names a resource."""
        return resource_text(type_, self._alias(type_, name))

    def crash(self) -> Delivery:
        """End the program; return how the answer is not delivered."""
        self.crashed = True
        if self._on_crash is None:
            return Delivery("close")
        self._on_crash()
        return Delivery("stall", 0, _FOR_EVER)

    def select(
        self, label: Label, subject: str, versions: Sequence[Version], older: Sequence[int]
    ) -> tuple[Late, int] | None:
        """Return the cause by which a read is late, and the position of the version that it sees.

        `older` are the positions of what looks different, the newest first.
        """
        reader = (label.operation, label.resource, subject)
        late = self._late.get(reader, {})
        cause = self._lates.get((label, subject))
        if cause is not None and cause not in late and cause.versions <= len(older):
            late = self._late[reader] = late | {cause: versions[older[cause.versions - 1] + 1].lsn}
        for cause, missed in late.items():
            if cause.reads is None or self.consumed[cause] < cause.reads:
                seen = next((p for p in older if versions[p].lsn < missed), None)
                if seen is not None:
                    return cause, seen
        return None

    def _resource(self, call: Call) -> str:
        type_ = type_of(call.operation)
        if not type_:  # of tags: the end of the ARN, which differs between accounts
            end = call.resource.rpartition(":")[2]
            tagged, name = type_and_name(end)
            return f"{end.removesuffix(name)}{self._alias(tagged, name)}" if tagged else end
        return self._alias(type_, _IDENTITY[type_](call.resource)) if call.resource else ""
