"""The conditions of a rule, `match` and `when`; each rejection has a reason."""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sm_emulator.catalog import implemented_operations, service
from sm_emulator.errors import Problem
from sm_emulator.values import did_you_mean, is_glob, matches_glob, seconds
from sm_emulator.wire.call import Call

# Why a rule does not act on a call: a sentence, or, which costs less, the value and what must match it
Reason = str | tuple[str | int, str | int]
# The condition that rejects a call, and why
Refusal = tuple[str, Reason]
# By condition the part of a call, and the number that it must equal or the glob that it must match
Tests = list[tuple[str, Callable[[Call], Any], str | int]]

MATCH = ("operation", "region", "session", "resource", "attempt", "headers", "phase")
WHEN = ("probability", "first", "every", "fail", "pass", "times", "per", "from", "until")
_SAGEMAKER = "sagemaker:"
_LONGEST_QUOTE = 200


def matches_operation(operation: str, glob: str) -> bool:
    """Return whether an operation matches a glob: one of another service only if the glob has a prefix.

    A glob with the prefix sagemaker matches all of SageMaker, implemented here or not.
    """
    if ":" in glob and ":" not in operation:
        operation = f"{_SAGEMAKER}{operation}"
    return (":" in glob) == (":" in operation) and matches_glob(operation, glob)


@lru_cache(maxsize=512)  # most rules reject most calls, by their operation
def rejection_of_operation(operation: str, glob: str) -> Refusal | None:
    """Return why an operation does not match a glob, None if it does."""
    if matches_operation(operation, glob):
        return None
    quoted = _shorten(operation)
    if ":" in operation and ":" not in glob:
        return "operation", f"{quoted!r} belongs to another service; {glob!r} has no 'service:' prefix"
    return "operation", (quoted, glob)


def build_tests(match: Mapping[str, Any]) -> Tests:
    """Return the tests of a call, apart from its operation: first of the caller, then of the rest."""
    return [(name, _part(name), value) for name, value in globs(match).items() if name != "operation"]


def rejection_by(tests: Tests, call: Call) -> Refusal | None:
    """Return the first condition that rejects a call, and why."""
    for condition, part, allowed in tests:
        value = part(call)
        if not (value == allowed if isinstance(allowed, int) else matches_glob(value, allowed)):
            return condition, (_shorten(value), allowed)
    return None


def in_words(reason: Reason) -> str:
    """Return a reason as a sentence."""
    if isinstance(reason, str):
        return reason
    value, allowed = reason
    verb = "does not match" if isinstance(value, str) else "is not"
    return f"{value!r} {verb} {allowed!r}"


def match_problems(match: Mapping[str, Any]) -> Iterator[Problem]:
    """Find what can never match, by its path in `match`."""
    for path, glob in globs(match).items():
        if isinstance(glob, str) and not is_glob(glob):
            yield Problem(path, f"{glob!r} is an invalid glob: unclosed [")
    yield from _unknown_operation(match.get("operation", "*"))


def _unknown_operation(glob: str) -> Iterator[Problem]:
    """Find a glob that matches no operation of SageMaker; those of other services are not known."""
    known = [*implemented_operations(), *(f"{_SAGEMAKER}{name}" for name in service()["operations"])]
    is_of_another = ":" in glob and not glob.startswith(_SAGEMAKER)
    if is_of_another or any(matches_operation(name, glob) for name in known):
        return
    message = f"{glob!r} is not an operation of SageMaker{did_you_mean(glob, known)}"
    if any(matches_operation(name, f"{_SAGEMAKER}{glob}") for name in known):
        message = f"{glob!r} is not implemented by sm-emulator; to match it, use '{_SAGEMAKER}{glob}'"
    yield Problem("operation", message)


def _shorten(value: Any) -> Any:
    """Return a value as a reason quotes it: clients choose how long it is."""
    return value[:_LONGEST_QUOTE] if isinstance(value, str) else value


def globs(match: Mapping[str, Any]) -> dict[str, str | int]:
    """Return what is allowed by condition: globs, and the number of an attempt."""
    headers = {f"headers.{name}": glob for name, glob in match.get("headers", {}).items()}
    return {name: match[name] for name in MATCH[:5] if name in match} | headers


def _part(condition: str) -> Callable[[Call], Any]:
    """Return the part of a call that a condition is about."""
    kind, _, name = condition.partition(".")
    if kind == "headers":
        return lambda call: call.request.headers.get(name.lower(), "")
    return attrgetter(f"caller.{kind}" if kind in {"region", "session"} else kind)


class When:
    """The conditions of a `when` table; None: not set. `opens` and `closes` since the scenario's start.

    `first`, `every`, `fail` and `passes` compare the number of the match, `times` how often the rule has
    acted: in total, or, with `per_call`, on the attempts of one logical call.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.probability: float = table.get("probability", 1.0)
        names = ("first", "every", "fail", "times")
        self.first, self.every, self.fail, self.times = (table.get(name) for name in names)
        self.passes: int = table.get("pass", 0)
        self.per_call = table.get("per") == "call"
        self.opens = seconds(table.get("from", 0))
        self.closes = seconds(table["until"]) if "until" in table else math.inf

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


def when_problems(table: Mapping[str, Any]) -> Iterator[Problem]:
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
