"""Logical calls: the attempts that an SDK made for one call of a program, and their retries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Literal

from sm_emulator.journal.exchange import Exchange

# A client that gives no id of its calls: what follows a failure within so many seconds belongs to it
WINDOW = 30.0

Retried = Literal["no", "sdk", "application", "both", "unknown"]


@dataclass(frozen=True, slots=True)
class LogicalCall:
    """One call as a program makes it: its attempts, oldest first, and the seconds waited between them.

    Waits last from one answer to the next request, by the wall clock; on a virtual clock by that, where
    it moved further, so that a program may move the clock in place of sleeping. `retry_of` is the id of
    the failed call that the program repeats by this one, after `waited` seconds; None where it repeats
    none.
    """

    attempts: tuple[Exchange, ...]
    waits: tuple[float, ...]
    retry_of: str | None = None
    waited: float | None = None

    @property
    def id(self) -> str:
        """The request id of its first attempt."""
        return self.attempts[0].request_id

    @property
    def operation(self) -> str:
        """What was called."""
        return self.attempts[0].operation

    @property
    def resource(self) -> str:
        """The name or ARN that it acts on, "" for none."""
        return self.attempts[0].resource

    @property
    def asked(self) -> str:
        """The operation and, where there is one, the resource that it acts on."""
        return self.attempts[0].asked

    @property
    def session(self) -> str:
        """Who called."""
        return self.attempts[0].session

    @property
    def last(self) -> Exchange:
        """Its last attempt."""
        return self.attempts[-1]

    @property
    def succeeded(self) -> bool:
        """Tell whether its last attempt did."""
        return self.last.succeeded

    @property
    def outcome(self) -> str:
        """What came of it: `ok`, `reset`, `close`, …, or the code of the error."""
        return self.last.outcome

    @property
    def stale(self) -> bool:
        """Tell whether its last answer was stale."""
        return self.last.stale

    @property
    def retried(self) -> Retried:
        """Tell who retried: the SDK within it, the application by it, both, or who cannot be told."""
        within, by = len(self.attempts) > 1, self.retry_of is not None
        if within and not self.last.invocation:
            return "unknown"
        if within:
            return "both" if by else "sdk"
        return "application" if by else "no"


class Calls:
    """Logical calls, oldest first."""

    def __init__(self, calls: Iterable[LogicalCall]) -> None:
        self._calls = tuple(calls)

    @property
    def last(self) -> LogicalCall:
        """The last of them. Raises LookupError where there is none."""
        if not self._calls:
            raise LookupError("there was no such call")
        return self._calls[-1]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._calls)

    def of(self, operation: str = "*", resource: str = "*") -> Calls:
        """Give those whose operation and resource fit the globs."""
        return Calls(
            call
            for call in self._calls
            if fnmatchcase(call.operation, operation) and fnmatchcase(call.resource, resource)
        )

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[LogicalCall]:
        return iter(self._calls)

    def __getitem__(self, position: int) -> LogicalCall:
        return self._calls[position]

    def __repr__(self) -> str:
        told = ", ".join(f"{c.asked} {len(c.attempts)}x {c.outcome}" for c in self)
        return f"<Calls {told}>"


def group(exchanges: Iterable[Exchange], *, virtual: bool = False) -> Calls:
    """Group attempts into logical calls: by the SDK's id, else by who asks what of which resource.

    `virtual` tells that the times `at` are of a virtual clock.
    """
    calls: list[list[Exchange]] = []
    latest: dict[tuple[str, ...], list[Exchange]] = {}
    for exchange in sorted(exchanges, key=lambda e: e.wall):
        key = (exchange.session, exchange.invocation) if exchange.invocation else _what(exchange)
        attempts = latest.get(key)
        if attempts is None or not (exchange.invocation or _follows(attempts[-1], exchange)):
            attempts = latest[key] = []
            calls.append(attempts)
        attempts.append(exchange)
    return Calls(_linked([_call(attempts, virtual=virtual) for attempts in calls], virtual=virtual))


def _what(exchange: Exchange) -> tuple[str, ...]:
    return (exchange.session, exchange.region, exchange.operation, exchange.resource)


def _follows(before: Exchange, after: Exchange) -> bool:
    """Tell whether one that gives no id may be another attempt at what failed before."""
    return not before.succeeded and 0 <= after.wall - before.ended <= WINDOW


def _call(attempts: list[Exchange], *, virtual: bool) -> LogicalCall:
    waits = (_wait(before, after, virtual=virtual) for before, after in pairwise(attempts))
    return LogicalCall(tuple(attempts), tuple(waits))


def _wait(before: Exchange, after: Exchange, *, virtual: bool) -> float:
    waits = [0.0, after.wall - before.ended]
    if virtual:
        waits.append(after.at - before.at)
    return max(waits)


def _linked(calls: list[LogicalCall], *, virtual: bool) -> Iterator[LogicalCall]:
    """Link each call to the failed one that it repeats."""
    latest: dict[tuple[str, ...], LogicalCall] = {}
    for call in calls:
        first = call.attempts[0]
        before = latest.get(_what(first))
        if before and not before.succeeded and before.last.ended <= first.wall:
            wait = _wait(before.last, first, virtual=virtual)
            call = replace(call, retry_of=before.id, waited=wait)  # noqa: PLW2901
        latest[_what(first)] = call
        yield call
