"""What a user says must hold in the end, as a text or a function.

endpoint churn is InService
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.explore.run import State
from sm_emulator.resources import RESOURCES
from sm_emulator.schedule.causes import resource_text
from sm_emulator.values import did_you_mean, printable

# The words for a type, as in ARNs, and the type
_TYPES = {resource.segment: resource.type for resource in RESOURCES}
_VERBS = {"exists": 0, "vanishes": 0, "is": 1, "uses": 1}
_EXAMPLE = "endpoint churn is InService"


@dataclass(frozen=True)
class Invariant:
    """`broken` returns what is wrong with the resources at the end, "" for nothing."""

    text: str
    broken: Callable[[State], str]


def invariant(given: str | Callable[[State], object]) -> Invariant:
    """Return an invariant of a text, or of a function that returns False or fails an assertion.

    A text is `TYPE NAME is STATUS`, `TYPE NAME uses CONFIGURATION`, `TYPE NAME exists` or `TYPE NAME
    vanishes`. Raises ConfigurationError that names the word and what is allowed.
    """
    if isinstance(given, str):
        return _parse(given)
    text = getattr(given, "__name__", "invariant")
    return Invariant(text, lambda state: _apply(given, state))


def _apply(predicate: Callable[[State], object], state: State) -> str:
    try:
        held = predicate(state)
    except AssertionError as failed:
        return str(failed) or "an assertion failed"
    return "it returned False" if held is False else ""


def _parse(text: str) -> Invariant:
    words = text.split()
    if not words:
        _refuse(text, "is empty; write one like " + _EXAMPLE)
    if words[0] not in _TYPES:
        _refuse(text, f"{printable(words[0])!r}, word 1, is not a type of resource", words[0], _TYPES)
    if len(words) == 1:
        _refuse(text, f"a name is missing after {words[0]!r}")
    if len(words) == 2:  # noqa: PLR2004  type and name
        _refuse(text, f"a verb is missing after {printable(words[1])!r}", "", _VERBS)
    key, verb, rest = resource_text(_TYPES[words[0]], words[1]), words[2], words[3:]
    if verb not in _VERBS:
        _refuse(text, f"{printable(verb)!r}, word 3, is not a verb", verb, _VERBS)
    if len(rest) != _VERBS[verb]:
        expected = "one word" if _VERBS[verb] else "nothing"
        _refuse(text, f"{expected} is expected after {verb!r}")
    return Invariant(text, lambda state: _violation(state.get(key), verb, *rest))


def _violation(members: Any, verb: str, value: str = "") -> str:
    """Return what is wrong with a resource, None where it does not exist."""
    if verb == "vanishes":
        return "it exists" if members is not None else ""
    if members is None:
        return "it does not exist"
    if verb == "exists":
        return ""
    found = [
        value_
        for name, value_ in members.items()
        if name.endswith("Status" if verb == "is" else "ConfigName")
    ]
    return "" if value in found else f"it {verb} {found[0] if found else 'nothing of the kind'}"


def _refuse(text: str, message: str, word: str = "", allowed: Any = ()) -> None:
    hint = did_you_mean(word, allowed) if word else ""
    listed = f"; allowed: {', '.join(allowed)}" if allowed else ""
    raise ConfigurationError(Problem("invariant", f"{printable(text)!r}: {message}{hint}{listed}"))
