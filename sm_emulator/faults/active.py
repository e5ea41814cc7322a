"""The rules in force in one scenario: what they matched, and why they did or did not act."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from sm_emulator.faults.conditions import Reason, in_words
from sm_emulator.faults.registry import NOTHING, Effect, FaultContext, Phase, Recent
from sm_emulator.faults.rule import FaultRule
from sm_emulator.store.lag import uniform
from sm_emulator.wire.call import Call

# All rules of a scenario together keep as many counters of a kind as this many rules do
_RULES = 10


class ActiveRule:
    """A rule in force from `since`; `start` is the scenario's start, both in seconds since 1970.

    It keeps up to `limit` counters of each kind.
    """

    def __init__(self, rule: FaultRule, since: float, start: float, limit: int) -> None:
        self.rule = rule
        self.ends = math.inf if rule.ttl is None else since + rule.ttl
        self.matched = self.acted = 0
        self._rejections: dict[str, tuple[int, Reason]] = {}
        self._start = start
        self._apply = rule.make()
        self._matches, self._acts, self._calls, self._state = (Recent(limit) for _ in range(4))

    def apply(self, call: Call, now: float, seed: int) -> Effect | None:
        """Return what the rule does to a call of its phase and operation; None: nothing."""
        rejected = self.rule.rejects(call) or self._rejects_time(now)
        if rejected is None:
            self.matched += 1
            counter = self.rule.when.counter_of(call)
            nth, nth_of_kind = self._matches.add(counter), self._calls.add(_kind(call))
            chance = self._luck(call, nth_of_kind, seed)
            rejected = self.rule.when.rejects_match(nth, int(self._acts[counter]), chance)
            if rejected is None:
                drawn = self._draw("effect", call, nth_of_kind, seed)
                effect = self._apply(FaultContext(call, now, drawn, self._state))
                if isinstance(effect, Effect):
                    self.acted += 1
                    self._acts.add(counter)
                    return effect
                rejected = "effect", effect
        self.reject(*rejected)
        return None

    def reject(self, condition: str, reason: Reason) -> None:
        """Count that a condition rejected a call, and keep the reason."""
        count = self._rejections[condition][0] if condition in self._rejections else 0
        self._rejections[condition] = count + 1, reason

    def would_apply(self, call: Call, now: float, seed: int) -> tuple[str, str] | None:
        """Return the condition that would keep the rule from acting on `call`, and why.

        None: it would act, unless its fault has a reason not to. Nothing is counted.
        """
        counter = self.rule.when.counter_of(call)
        nth, acted = int(self._matches[counter]) + 1, int(self._acts[counter])
        chance = self._luck(call, int(self._calls[_kind(call)]) + 1, seed)
        rejected = (
            self.rule.rejects(call)
            or self._rejects_time(now)
            or self.rule.when.rejects_match(nth, acted, chance)
        )
        return rejected and (rejected[0], in_words(rejected[1]))

    @property
    def evicted(self) -> int:
        """How many counters it no longer has."""
        return self._matches.evicted + self._calls.evicted + self._state.evicted

    def to_dict(self) -> dict[str, Any]:
        """Return the rule, how often it matched and acted, and by condition why it did not.

        `evicted` counts what it no longer knows of calls, buckets and the like.
        """
        return {
            **self.rule.table,
            "phase": self.rule.phase,
            "matched": self.matched,
            "acted": self.acted,
            "ends": None if math.isinf(self.ends) else self.ends,
            "evicted": self.evicted,
            "reasons": [
                {"condition": condition, "count": count, "last": in_words(reason)}
                for condition, (count, reason) in self._rejections.items()
            ],
        }

    def _rejects_time(self, now: float) -> tuple[str, str] | None:
        """Return the condition that rejects the time `now`, and why."""
        if now >= self.ends:
            return "ttl", f"its time to live ended {now - self.ends:g} s ago"
        return self.rule.when.rejects_time(now - self._start)

    def _luck(self, call: Call, nth: int, seed: int) -> float:
        """Draw what is compared with the rule's probability; a certain rule needs no draw."""
        return 0.0 if self.rule.when.probability == 1 else self._draw("fault", call, nth, seed)

    def _draw(self, purpose: str, call: Call, nth: int, seed: int) -> float:
        """Draw for the `nth` call of its kind: requests for other resources change nothing."""
        return uniform(seed, "fault", purpose, self.rule.name, *_kind(call), nth)


class Faults:
    """The fault rules of one scenario that started at `start`; each keeps up to `counters` of a kind.

    In a phase all rules apply in order. Delays add up and mutations follow each other; the first error
    or failed delivery decides the response.
    """

    def __init__(self, rules: Iterable[FaultRule], start: float, counters: int = 10_000) -> None:
        self._start, self._counters = start, counters
        self._active: dict[str, ActiveRule] = {}
        self.replace(rules, start)

    def act(self, phase: Phase, call: Call, now: float, seed: int) -> Effect:
        """Return what the rules do to `call` in `phase`, at `now` on the scenario's clock."""
        total = NOTHING
        for active in self:
            if active.rule.phase != phase:
                continue
            if total.decides:
                earlier = total.names[-1]
                active.reject("order", f"an earlier rule ({earlier!r}) already decided the response")
            elif effect := active.apply(call, now, seed):
                total = total.then(active.rule.name, effect)
        return total

    def replace(self, rules: Iterable[FaultRule], now: float) -> None:
        """Replace all rules by `rules`, at `now`."""
        rules = list(rules)
        limit = self._limit(len(rules))
        self._active = {rule.name: ActiveRule(rule, now, self._start, limit) for rule in rules}

    def put(self, rule: FaultRule, now: float) -> None:
        """Replace the rule of the same name, or add one after all others."""
        limit = self._limit(len({*self._active, rule.name}))
        self._active[rule.name] = ActiveRule(rule, now, self._start, limit)

    def remove(self, name: str) -> None:
        """Remove a rule. Raises KeyError where there is none of that name."""
        del self._active[name]

    def _limit(self, rules: int) -> int:
        return max(1, min(self._counters, _RULES * self._counters // max(1, rules)))

    def __len__(self) -> int:
        return len(self._active)

    def __getitem__(self, name: str) -> ActiveRule:
        return self._active[name]

    def __iter__(self) -> Iterator[ActiveRule]:
        return iter(self._active.values())


def _kind(call: Call) -> tuple[str, str, str, str]:
    return call.caller.region, call.caller.session_name, call.operation, call.resource
