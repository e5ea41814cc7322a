"""Rules that can never act, since another leaves them nothing: worth a warning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from sm_emulator.errors import Problem
from sm_emulator.faults.match import concerns
from sm_emulator.faults.rule import Rule
from sm_emulator.faults.when import When

_FINAL = {"error", "reset", "close", "truncate", "stall"}
_ALWAYS = When()


def unreachable_rules(rules: Sequence[Rule]) -> list[Problem]:
    """Find rules before which another has the last word on every call that they match."""
    problems = []
    asked = sorted(enumerate(rules), key=lambda numbered: numbered[1].phase == "after")
    for position, (number, rule) in enumerate(asked):
        before = (other for _, other in asked[:position])
        final = next((other for other in before if _is_final(other) and _covers(other, rule)), None)
        if final:
            message = f"{rule.name!r} never acts: {final.name!r} before it has the last word"
            problems.append(Problem(f"faults[{number}]", message))
    return problems


def _is_final(rule: Rule) -> bool:
    """Tell whether nothing comes after a rule on any call that it matches, ever."""
    effect = rule.table["effect"]
    refuses_all = effect["fault"] == "throttle" and "rate" not in effect
    return rule.when == _ALWAYS and rule.ttl is None and (refuses_all or effect["fault"] in _FINAL)


def _covers(one: Rule, other: Rule) -> bool:
    """Tell whether every call that `other` matches is matched by `one`, as far as texts tell that."""
    a, b = one.table.get("match", {}), other.table.get("match", {})
    return (
        all(a[name] == b.get(name) for name in ("attempt", "headers") if name in a)
        and _within(other.operation, one.operation, concerns)
        and all(
            _within(b.get(name, "*"), a[name], lambda glob, text: fnmatchcase(text, glob))
            for name in ("resource", "region", "session")
            if name in a
        )
    )


def _within(glob: str, wider: str, fits: Callable[[str, str], bool]) -> bool:
    """Tell whether a glob is another, or falls under one of asterisks alone as if it were a name."""
    return glob == wider or (not set("?[") & set(wider) and fits(wider, glob))
