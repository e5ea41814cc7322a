"""Which calls a rule is about; each answer has its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase, translate
from functools import partial
from operator import attrgetter, eq
from typing import Any, NamedTuple

from sm_emulator.catalog import implemented_operations, service
from sm_emulator.errors import Problem
from sm_emulator.values import did_you_mean, is_glob
from sm_emulator.wire.call import Call

# Why a call is not acted on: in words, or, as most calls meet it, what does not fit and what was wanted
Reason = str | tuple[str | int, str | int]
# The condition that a call fails, and why
Refusal = tuple[str, Reason]


class Test(NamedTuple):
    """A condition: `part` of a call must be what `fits`, as told by `wanted`."""

    condition: str
    part: Callable[[Call], Any]
    fits: Callable[[Any], object]
    wanted: str | int


Tests = tuple[Test, ...]

_SAGEMAKER = "sagemaker:"
_GLOBS = ("operation", "resource", "region", "session")


def concerns(glob: str, operation: str) -> bool:
    """Tell whether an operation falls under a glob: one that others answer, only if that has a prefix.

    With the prefix sagemaker a glob is about all of SageMaker, whoever answers.
    """
    if ":" in glob and ":" not in operation:
        operation = f"{_SAGEMAKER}{operation}"
    return (":" in glob) == (":" in operation) and fnmatchcase(operation, glob)


def mismatch(glob: str, operation: str) -> Reason:
    """Tell why an operation does not fall under a glob."""
    if ":" in operation and ":" not in glob:
        return f"{operation!r} is answered by others, whom {glob!r} does not mean"
    return operation, glob


def callers(match: Mapping[str, Any]) -> Tests:
    """Build what is asked of who calls: each condition by its name."""
    parts = {name: attrgetter(f"caller.{name}") for name in ("region", "session") if name in match}
    return tuple(_globbed(name, part, match[name]) for name, part in parts.items())


def tests(match: Mapping[str, Any]) -> Tests:
    """Build what is asked of each call whose operation and caller match."""
    return tuple(_tests(match))


def refusal(tests: Tests, call: Call) -> Refusal | None:
    """Name the first condition that a call fails, and why."""
    for condition, part, fits, wanted in tests:
        value = part(call)
        if not fits(value):
            return condition, (value, wanted)
    return None


def said(reason: Reason) -> str:
    """Put a reason into words."""
    if isinstance(reason, str):
        return reason
    value, wanted = reason
    return (
        f"{value!r} does not match {wanted!r}" if isinstance(value, str) else f"{value} is not {wanted}"
    )


def contradictions(match: Mapping[str, Any]) -> Iterator[Problem]:
    """Find what can never match, by its path in `match`."""
    headers = match.get("headers", {})
    globs = {name: match[name] for name in _GLOBS if name in match}
    for path, glob in {**globs, **{f"headers.{name}": headers[name] for name in headers}}.items():
        if not is_glob(glob):
            yield Problem(path, f"{glob!r} is no glob: a [ is not closed")
    yield from _unknown(match.get("operation", "*"))


def _unknown(glob: str) -> Iterator[Problem]:
    """Find a glob that no operation of SageMaker falls under; those of other services are not known."""
    known = [*implemented_operations(), *(f"{_SAGEMAKER}{name}" for name in service()["operations"])]
    is_of_another = ":" in glob and not glob.startswith(_SAGEMAKER)
    if is_of_another or any(concerns(glob, name) for name in known):
        return
    message = f"{glob!r} is not an operation of SageMaker{did_you_mean(glob, known)}"
    if any(concerns(f"{_SAGEMAKER}{glob}", name) for name in known):
        message = f"{glob!r} is not answered by sm-emulator: to mean it, write '{_SAGEMAKER}{glob}'"
    yield Problem("operation", message)


def _tests(match: Mapping[str, Any]) -> Iterator[Test]:
    if "resource" in match:
        yield _globbed("resource", attrgetter("resource"), match["resource"])
    if "attempt" in match:
        yield Test("attempt", attrgetter("attempt"), partial(eq, match["attempt"]), match["attempt"])
    for name, glob in match.get("headers", {}).items():
        yield _globbed(f"headers.{name}", _header(name.lower()), glob)


def _globbed(condition: str, part: Callable[[Call], str], glob: str) -> Test:
    return Test(condition, part, re.compile(translate(glob)).match, glob)


def _header(name: str) -> Callable[[Call], str]:
    return lambda call: call.request.headers.get(name, "")
