"""The rules of a scenario, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sm_emulator.faults.active import ActiveRule, No
from sm_emulator.faults.effect import NOTHING, Effect
from sm_emulator.faults.match import Reason, said
from sm_emulator.faults.registry import Phase
from sm_emulator.faults.rule import Rule
from sm_emulator.wire.call import Call

_PLANS = 1000


@dataclass(frozen=True, slots=True)
class _Plan:
    """The rules of a phase: those about an operation of a caller, and what counts the others' noes."""

    asked: tuple[ActiveRule, ...]
    others: tuple[tuple[No, Reason], ...]


class Faults:
    """The fault rules of one scenario that started at `start`.

    In a phase all rules are asked in order. Delays add up and damages follow each other; the first
    error, or answer that fails to arrive, is the last word.
    """

    def __init__(self, rules: Iterable[Rule], start: float) -> None:
        self._start = start
        self._standing: dict[str, ActiveRule] = {}
        self._plans: dict[tuple[Phase, str, str, str], _Plan] = {}
        self.replace(rules, start)

    def act(self, phase: Phase, call: Call, now: float, seed: int) -> Effect:
        """Tell what the rules do to `call` in `phase`, at `now` of the scenario's clock.

        `seed` is the root of their draws.
        """
        if not self._standing:
            return NOTHING
        caller = call.caller
        kind = (phase, call.operation, caller.region, caller.session)
        plan = self._plans.get(kind)
        if plan is None:
            if len(self._plans) == _PLANS:  # operations and sessions are what clients call so
                self._plans.clear()
            plan = self._plans[kind] = self._plan(phase, call)
        for no, reason in plan.others:  # what every call meets: No.because, written out
            no.count += 1
            no.last = reason
        total = NOTHING
        for standing in plan.asked:
            if total is not NOTHING and total.decides:
                standing.no("order").because(f"{total.names[-1]!r} before it had the last word")
                continue
            effect = standing.ask(call, now, seed)
            if effect is not None:
                total = total.then(standing.rule.name, effect)
        return total

    def replace(self, rules: Iterable[Rule], now: float) -> None:
        """Put `rules` in the place of all, at `now`."""
        self._standing = {rule.name: ActiveRule(rule, now, self._start) for rule in rules}
        self._plans.clear()

    def put(self, rule: Rule, now: float) -> None:
        """Put a rule in the place of the one of its name, or after all others."""
        self._standing[rule.name] = ActiveRule(rule, now, self._start)
        self._plans.clear()

    def remove(self, name: str) -> None:
        """Remove a rule. Raises KeyError where there is none of that name."""
        del self._standing[name]
        self._plans.clear()

    def would_apply(self, name: str, call: Call, now: float, seed: int) -> tuple[str, str] | None:
        """Name the condition by which a rule would not act on `call` in its phase, and why.

        None: it would, unless its effect has a reason not to. Nothing is counted. Raises KeyError.
        """
        standing = self._standing[name]
        refused = standing.rule.excludes(call) or standing.would_apply(call, now, seed)
        return refused and (refused[0], said(refused[1]))

    def __getitem__(self, name: str) -> ActiveRule:
        return self._standing[name]

    def __iter__(self) -> Iterator[ActiveRule]:
        return iter(self._standing.values())

    def _plan(self, phase: Phase, call: Call) -> _Plan:
        asked, others = [], []
        for standing in self:
            if standing.rule.phase == phase:
                if excluded := standing.rule.excludes(call):
                    condition, reason = excluded
                    others.append((standing.no(condition), reason))
                else:
                    asked.append(standing)
        return _Plan(tuple(asked), tuple(others))
