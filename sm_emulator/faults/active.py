"""A rule in force: what it has met, and why it has or has not acted."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sm_emulator.faults.effect import Effect
from sm_emulator.faults.match import Reason, Refusal, refusal, said
from sm_emulator.faults.registry import FaultContext
from sm_emulator.faults.rule import Rule
from sm_emulator.faults.when import Counts
from sm_emulator.store.chance import uniform
from sm_emulator.wire.call import Call


@dataclass(slots=True)
class No:
    """How often a condition said no, and why it last did."""

    count: int = 0
    last: Reason = ""

    def because(self, reason: Reason) -> None:
        """Count a no."""
        self.count += 1
        self.last = reason


class ActiveRule:
    """A rule in force since `given`; `start` is the scenario's start, both in seconds since 1970."""

    def __init__(self, rule: Rule, given: float, start: float) -> None:
        self.rule = rule
        self.ends = math.inf if rule.ttl is None else given + rule.ttl
        self.matched = self.acted = 0
        self._start = start
        self._strike = rule.make()
        self._noes: defaultdict[str, No] = defaultdict(No)
        self._matches, self._acts, self._met = Counts(), Counts(), Counts()

    def no(self, condition: str) -> No:
        """Give the noes of a condition."""
        return self._noes[condition]

    def ask(self, call: Call, now: float, seed: int) -> Effect | None:
        """Tell what the rule does to a call of its phase and operation; None: nothing."""
        refused = refusal(self.rule.tests, call) or self._over(now)
        if refused is None:
            self.matched += 1
            counted = self.rule.when.counted_by(call)
            nth, met = self._matches.add(counted), self._met.add(_key(call))
            chance = self._luck(call, met, seed)
            refused = self.rule.when.left_out(nth, self._acts[counted], chance)
            if refused is None:
                effect = self._strike(FaultContext(call, now, self._chance("effect", call, met, seed)))
                if isinstance(effect, Effect):
                    self.acted += 1
                    self._acts.add(counted)
                    return effect
                refused = "effect", effect
        self._noes[refused[0]].because(refused[1])
        return None

    def would_apply(self, call: Call, now: float, seed: int) -> Refusal | None:
        """Name the condition that would say no to a call of its operation, and why. Counts nothing."""
        counted = self.rule.when.counted_by(call)
        chance = self._luck(call, self._met[_key(call)] + 1, seed)
        return (
            refusal(self.rule.tests, call)
            or self._over(now)
            or self.rule.when.left_out(self._matches[counted] + 1, self._acts[counted], chance)
        )

    def told(self) -> dict[str, Any]:
        """Tell the rule, how often it matched and acted, and by condition why it did not."""
        return {
            **self.rule.table,
            "phase": self.rule.phase,
            "matched": self.matched,
            "acted": self.acted,
            "ends": None if math.isinf(self.ends) else self.ends,
            "reasons": [
                {"condition": condition, "count": no.count, "last": said(no.last)}
                for condition, no in self._noes.items()
                if no.count
            ],
        }

    def _over(self, now: float) -> tuple[str, str] | None:
        """Name the condition of time that `now` fails, and why."""
        if now >= self.ends:
            return "ttl", f"its time to live was over {now - self.ends:g} s ago"
        return self.rule.when.too_early_or_late(now - self._start)

    def _luck(self, call: Call, nth: int, seed: int) -> float:
        """Draw what the rule's probability is compared with; a certain rule needs no draw."""
        return 0.0 if self.rule.when.probability == 1 else self._chance("fault", call, nth, seed)

    def _chance(self, what: str, call: Call, nth: int, seed: int) -> float:
        """Draw for the `nth` call of its kind: traffic on other resources changes nothing."""
        return uniform(seed, "fault", what, self.rule.name, *_key(call), nth)


def _key(call: Call) -> tuple[str, str, str, str]:
    return call.caller.region, call.caller.session_name, call.operation, call.resource
