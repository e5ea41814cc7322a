"""Which of the matching calls a rule acts on: by count, chance and time; each rejection has a reason."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sm_emulator.errors import Problem
from sm_emulator.values import seconds
from sm_emulator.wire.call import Call

WHEN = ("probability", "first", "every", "fail", "pass", "times", "per", "from", "until")


@dataclass(frozen=True, slots=True)
class When:
    """The conditions; None: not set. `opens` and `closes` in seconds from the scenario's start.

    `first`, `every`, `fail` and `passes` compare the number of the match, `times` how often the rule has
    acted: in total, or, with `per_call`, on the attempts of one logical call.
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

    def counter_of(self, call: Call) -> Hashable:
        """Return the counter that a call is counted in.

        A client that sends no amz-sdk-invocation-id makes one logical call of each operation on each
        resource.
        """
        if not self.per_call:
            return None
        return call.invocation or (call.caller.session, call.operation, call.resource)

    def rejects_time(self, elapsed: float) -> tuple[str, str] | None:
        """Return the condition that rejects `elapsed` seconds after the scenario's start, and why."""
        if elapsed < self.opens:
            return "from", f"{elapsed:g} s after the scenario's start is before {self.opens:g} s"
        if elapsed >= self.closes:
            return "until", f"{elapsed:g} s after the scenario's start is not before {self.closes:g} s"
        return None

    def rejects_match(self, nth: int, acted: int, chance: float) -> tuple[str, str] | None:
        """Return the condition that rejects the `nth` match after `acted` acts, and why."""
        if self.first is not None and nth > self.first:
            return "first", f"match {nth} is not among the first {self.first}"
        if self.every is not None and nth % self.every:
            return "every", f"match {nth} is not a multiple of {self.every}"
        if self.fail is not None and (nth - 1) % (self.fail + self.passes) >= self.fail:
            return "pass", f"match {nth} is one of {self.passes} that pass after {self.fail} that fail"
        if self.times is not None and acted >= self.times:
            return "times", f"it has acted {acted} times, the limit"
        if chance >= self.probability:
            return "probability", f"drew {chance:.4f}, which is not below {self.probability:g}"
        return None


def build_when(table: Mapping[str, Any]) -> When:
    """Build the conditions of a `when` table that the schema accepted."""
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


def problems(table: Mapping[str, Any]) -> Iterator[Problem]:
    """Find what contradicts itself in a `when` table, by its path in it."""
    counts = [name for name in ("first", "every", "fail") if name in table]
    for name in counts[1:]:
        yield Problem(
            name, f"{counts[0]} and {name} exclude each other: both select matches by their number"
        )
    for name, other in (("fail", "pass"), ("pass", "fail")):
        if name in table and other not in table:
            yield Problem(name, f"requires {other}")
    if "until" in table and seconds(table["until"]) <= seconds(table.get("from", 0)):
        yield Problem("until", f"{table['until']} is not after from, {table.get('from', 0)}")
    if "per" in table and not table.keys() & {"first", "every", "fail", "times"}:
        yield Problem("per", "requires first, every, fail or times")
