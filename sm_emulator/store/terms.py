"""The terms of a write: what decides how late it is seen, whenever that is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from sm_emulator.store.rule import Consistency, Kind, Rule

NEVER = float("inf")


@dataclass(slots=True)
class DrawContext:
    """A consistency and the seed of its draws: one for all writes that are made under them."""

    consistency: Consistency
    seed: int
    _longest: dict[tuple[str, Kind], float] = field(default_factory=dict, init=False)

    def longest(self, type_: str, name: str, kind: Kind) -> float:
        """Tell for how many seconds at most such a write can be held back, if no other write matters.

        NEVER is for ever: where the rules count reads, or what comes before it decides.
        """
        known = self._longest.get((type_, kind))
        if known is None:
            known = self._bound(type_, name, kind)
            if all(rule.names == "*" for rule in self.consistency.rules):
                self._longest[type_, kind] = known
        return known

    def cap(self, rule: Rule) -> float:
        """Tell for how many seconds at most a rule holds a write back by time."""
        longest = self.consistency.max_lag
        return longest if rule.max_lag is None else min(rule.max_lag, longest)

    def _bound(self, type_: str, name: str, kind: Kind) -> float:
        if self.consistency.orders:
            return NEVER
        rules = self.consistency.rules
        concerned = [rule for rule in rules if kind in rule.after and rule.concerns(type_, name)]
        return max((NEVER if rule.lag is None else self.cap(rule) for rule in concerned), default=0.0)
