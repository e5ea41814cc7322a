"""Which calls a rule matches; each rejection has a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any, NamedTuple

from sm_emulator.catalog import implemented_operations, service
from sm_emulator.errors import Problem
from sm_emulator.values import did_you_mean, is_glob, matches_glob
from sm_emulator.wire.call import Call

# Why a rule does not act on a call: a sentence, or, which costs less, the value and what must match it
Reason = str | tuple[str | int, str | int]
# The condition that rejects a call, and why
Refusal = tuple[str, Reason]

MATCH = ("operation", "resource", "region", "session", "attempt", "headers", "phase")
_GLOBS = MATCH[:4]
_PARTS = {
    "region": attrgetter("caller.region"),
    "session": attrgetter("caller.session"),
    "resource": attrgetter("resource"),
    "attempt": attrgetter("attempt"),
}
_SAGEMAKER = "sagemaker:"


class Test(NamedTuple):
    """A condition: `part` of a call must equal the number, or match the glob, `allowed`."""

    condition: str
    part: Callable[[Call], Any]
    allowed: str | int


Tests = tuple[Test, ...]


def matches_operation(operation: str, glob: str) -> bool:
    """Return whether an operation matches a glob: one of another service only if the glob has a prefix.

    A glob with the prefix sagemaker matches all of SageMaker, implemented here or not.
    """
    if ":" in glob and ":" not in operation:
        operation = f"{_SAGEMAKER}{operation}"
    return (":" in glob) == (":" in operation) and matches_glob(operation, glob)


def operation_mismatch(operation: str, glob: str) -> Reason:
    """Return why an operation does not match a glob."""
    if ":" in operation and ":" not in glob:
        return f"{operation!r} belongs to another service; {glob!r} has no 'service:' prefix"
    return operation, glob


def build_tests(match: Mapping[str, Any], *conditions: str) -> Tests:
    """Return the tests of a call by those of `conditions` that `match` has, in order."""
    return tuple(Test(name, _PARTS[name], match[name]) for name in conditions if name in match)


def header_tests(match: Mapping[str, Any]) -> Tests:
    """Return the tests of the headers of a call."""
    headers = match.get("headers", {}).items()
    return tuple(Test(f"headers.{name}", _header(name.lower()), glob) for name, glob in headers)


def rejection_by(tests: Tests, call: Call) -> Refusal | None:
    """Return the first condition that rejects a call, and why."""
    for condition, part, allowed in tests:
        value = part(call)
        if not (value == allowed if isinstance(allowed, int) else matches_glob(value, allowed)):
            return condition, (value, allowed)
    return None


def in_words(reason: Reason) -> str:
    """Return a reason as a sentence."""
    if isinstance(reason, str):
        return reason
    value, allowed = reason
    verb = "does not match" if isinstance(value, str) else "is not"
    return f"{value!r} {verb} {allowed!r}"


def problems(match: Mapping[str, Any]) -> Iterator[Problem]:
    """Find what can never match, by its path in `match`."""
    headers = match.get("headers", {})
    globs = {name: match[name] for name in _GLOBS if name in match}
    for path, glob in {**globs, **{f"headers.{name}": headers[name] for name in headers}}.items():
        if not is_glob(glob):
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


def _header(name: str) -> Callable[[Call], str]:
    return lambda call: call.request.headers.get(name, "")
