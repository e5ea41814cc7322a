"""Which of the calls that match are acted on: by count, chance and time; each answer has its reason."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sm_emulator.errors import Problem
from sm_emulator.values import seconds
from sm_emulator.wire.call import Call

# How many calls are counted apart; the counts of the longest unseen are forgotten
_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class When:
    """The conditions; None: not asked. `opens` and `closes` in seconds from the scenario's start.

    `first`, `every`, `fail` and `passes` speak of the number of the match, `times` of how often the
    rule has acted: of all, or, with `per_call`, of the attempts of one call of an SDK.
    """

    probability: float = 1.0
    first: int | None = None
    every: int | None = None
    fail: int | None = None
    passes: int = 0
    times: int | None = None
    per_call: bool = False
    opens: float = 0.0
    closes: float = math.inf

    def counted_by(self, call: Call) -> Hashable:
        """Tell with what a call is counted together.

        A client that sends no amz-sdk-invocation-id is taken to make one call of each operation on each
        resource.
        """
        if not self.per_call:
            return None
        return call.invocation or (call.caller.session, call.operation, call.resource)

    def too_early_or_late(self, elapsed: float) -> tuple[str, str] | None:
        """Name the condition that `elapsed` seconds after the scenario's start fail, and why."""
        if elapsed < self.opens:
            return "from", f"{elapsed:g} s after the scenario's start is before {self.opens:g} s"
        if elapsed >= self.closes:
            return "until", f"{elapsed:g} s after the scenario's start is not before {self.closes:g} s"
        return None

    def left_out(self, nth: int, acted: int, chance: float) -> tuple[str, str] | None:
        """Name the condition that the `nth` match fails, after `acted` were acted on, and why."""
        if self.first is not None and nth > self.first:
            return "first", f"match {nth} is not among the first {self.first}"
        if self.every is not None and nth % self.every:
            return "every", f"match {nth} is not one of every {self.every}"
        if self.fail is not None and (nth - 1) % (self.fail + self.passes) >= self.fail:
            return "pass", f"match {nth} is one of {self.passes} that pass after {self.fail} that fail"
        if self.times is not None and acted >= self.times:
            return "times", f"it has acted {acted} times, which is all it may"
        if chance >= self.probability:
            return "probability", f"drew {chance:.4f}, which is not below {self.probability:g}"
        return None


def when(table: Mapping[str, Any]) -> When:
    """Build the conditions of a `when` table, valid by the schema."""
    return When(
        probability=table.get("probability", 1.0),
        first=table.get("first"),
        every=table.get("every"),
        fail=table.get("fail"),
        passes=table.get("pass", 0),
        times=table.get("times"),
        per_call=table.get("per") == "call",
        opens=seconds(table.get("from", 0)),
        closes=seconds(table["until"]) if "until" in table else math.inf,
    )


def contradictions(table: Mapping[str, Any]) -> Iterator[Problem]:
    """Find what contradicts itself in a `when` table, by its path in it."""
    counts = [name for name in ("first", "every", "fail") if name in table]
    for name in counts[1:]:
        yield Problem(
            name, f"{counts[0]} and {name} exclude each other: both pick matches by their number"
        )
    for name, other in (("fail", "pass"), ("pass", "fail")):
        if name in table and other not in table:
            yield Problem(name, f"goes with {other}: after so many that fail, how many pass")
    if "until" in table and seconds(table["until"]) <= seconds(table.get("from", 0)):
        yield Problem("until", f"{table['until']} is not after from, {table.get('from', 0)}")
    if "per" in table and not table.keys() & {"first", "every", "fail", "times"}:
        yield Problem("per", "tells what first, every, fail and times count, but none of them is given")


class Counts:
    """How often each of many things was met; what was not met for longest is forgotten."""

    def __init__(self) -> None:
        self._counts: dict[Hashable, int] = {}

    def __getitem__(self, thing: Hashable) -> int:
        return self._counts.get(thing, 0)

    def add(self, thing: Hashable) -> int:
        """Count `thing` once more; gives how often it was met."""
        count = self._counts.pop(thing, 0) + 1
        if len(self._counts) == _COUNTED:
            del self._counts[next(iter(self._counts))]
        self._counts[thing] = count
        return count
