"""Logical calls: the attempts that an SDK made for one call of a program, and their retries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import Any, Literal

from sm_emulator.journal.exchange import Exchange
from sm_emulator.journal.runs import LONGEST_WAIT, split_runs
from sm_emulator.values import matches_glob
from sm_emulator.wire.call import type_of

Retried = Literal["no", "sdk", "application", "both", "unknown"]


@dataclass(frozen=True, slots=True)
class LogicalCall:
    """One call as a program makes it: its attempts, oldest first, and the seconds waited between them.

    A wait lasts from an answer to the next request, by the wall clock; on a virtual clock by whichever
    clock moved further, apart from the request's round trip: a program may advance it and not sleep.
    `retry_of` is the id of the failed call that the program repeats by this one, after `waited` seconds;
    None where it repeats none.
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
        """Its operation."""
        return self.attempts[0].operation

    @property
    def resource(self) -> str:
        """The name or ARN that it acts on, "" for none."""
        return self.attempts[0].resource

    @property
    def label(self) -> str:
        """The operation and, where there is one, the resource that it acts on."""
        return self.attempts[0].label

    @property
    def session(self) -> str:
        """The session of the caller."""
        return self.attempts[0].session

    @property
    def last(self) -> Exchange:
        """Its last attempt."""
        return self.attempts[-1]

    @property
    def succeeded(self) -> bool:
        """Whether its last attempt succeeded."""
        return self.last.succeeded

    @property
    def outcome(self) -> str:
        """The outcome of its last attempt: `ok`, `reset`, `close`, …, or the code of the error."""
        return self.last.outcome

    @property
    def stale(self) -> bool:
        """Whether its last answer was stale."""
        return self.last.stale

    @property
    def retried(self) -> Retried:
        """Who retried: the SDK within the call, the application by making it, both, or unknown."""
        within, by = len(self.attempts) > 1, self.retry_of is not None
        if within and not self.last.invocation:
            return "unknown"
        if within:
            return "both" if by else "sdk"
        return "application" if by else "no"

    def as_json(self) -> dict[str, Any]:
        """Return the call as a JSON object, its attempts in full."""
        members = {name: getattr(self, name) for name in _MEMBERS}
        return {**members, "attempts": [attempt.as_json() for attempt in self.attempts]}


_MEMBERS = (
    *("id", "operation", "resource", "session", "outcome", "succeeded", "stale"),
    *("retried", "retry_of", "waited", "waits"),
)


class Calls(tuple[LogicalCall, ...]):
    """Logical calls, oldest first."""

    __slots__ = ()

    @property
    def last(self) -> LogicalCall:
        """The last call. Raises LookupError where there is none."""
        if not self:
            raise LookupError("there was no such call")
        return self[-1]

    def of(self, operation: str = "*", resource: str = "*") -> "Calls":
        """Return the calls whose operation and resource match the globs."""
        return Calls(
            call
            for call in self
            if matches_glob(call.operation, operation) and matches_glob(call.resource, resource)
        )

    def __repr__(self) -> str:
        calls = ", ".join(f"{c.label} {len(c.attempts)}x {c.outcome}" for c in self)
        return f"<Calls {calls}>"


def group(exchanges: Iterable[Exchange], *, virtual: bool = False, one_program: bool = False) -> Calls:
    """Group attempts into logical calls: by the SDK's id, else by session, operation and resource.

    `virtual`: the times `at` are those of a virtual clock. `one_program`: all are of one run of one
    program, so that each session is one.
    """
    calls: list[list[Exchange]] = []
    latest: dict[tuple[str, ...], list[Exchange]] = {}
    changed: dict[tuple[str, ...], float] = {}
    in_order = sorted(exchanges, key=lambda e: e.wall) if one_program else split_runs(exchanges)
    for exchange in in_order:
        key = (exchange.session, exchange.invocation) if exchange.invocation else _subject(exchange)
        attempts = latest.get(key)
        since = changed.get(_resource(exchange), -inf)
        if attempts is None or not (exchange.invocation or _continues(attempts[-1], exchange, since)):
            attempts = latest[key] = []
            calls.append(attempts)
        attempts.append(exchange)
        if exchange.succeeded and not is_read(exchange.operation):
            changed[_resource(exchange)] = exchange.ended
    return Calls(_linked([_call(attempts, virtual=virtual) for attempts in calls], virtual=virtual))


def _subject(exchange: Exchange) -> tuple[str, ...]:
    return (exchange.session, exchange.region, exchange.operation, exchange.resource)


def _continues(before: Exchange, after: Exchange, changed: float) -> bool:
    """Return whether an attempt without an id may continue the failed one before it.

    `changed` is when the resource was last changed.
    """
    return not before.succeeded and changed < before.ended <= after.wall <= before.ended + LONGEST_WAIT


def _call(attempts: list[Exchange], *, virtual: bool) -> LogicalCall:
    waits = (_wait(before, after, virtual=virtual) for before, after in pairwise(attempts))
    return LogicalCall(tuple(attempts), tuple(waits))


def _wait(before: Exchange, after: Exchange, *, virtual: bool) -> float:
    waits = [0.0, after.wall - before.ended]
    if virtual:
        waits.append(after.at - before.at - after.round_trip)
    return max(waits)


def _linked(calls: list[LogicalCall], *, virtual: bool) -> Iterator[LogicalCall]:
    """Yield each call, linked to the failed one that it repeats.

    A change of the resource in between makes a call a new one. So do concurrent calls of the same kind:
    the callers are several, and a call cannot be attributed to one of them.
    """
    latest: dict[tuple[str, ...], LogicalCall] = {}
    concurrent: set[tuple[str, ...]] = set()
    changed: dict[tuple[str, ...], float] = {}
    for call in calls:
        first, subject, resource = call.attempts[0], _subject(call.last), _resource(call.last)
        before = latest.get(subject)
        if before and before.last.ended > first.wall:
            concurrent.add(subject)
        elif (
            before
            and not before.succeeded
            and subject not in concurrent
            and changed.get(resource, -inf) < before.last.ended
        ):
            wait = _wait(before.last, first, virtual=virtual)
            call = replace(call, retry_of=before.id, waited=wait)  # noqa: PLW2901
        if call.succeeded and not is_read(call.operation):
            changed[resource] = call.last.ended
        latest[subject] = call
        yield call


def is_read(operation: str) -> bool:
    """Return whether an operation only reads, by its name."""
    return operation.rpartition(":")[2].startswith(("Describe", "List", "Get", "GET", "HEAD"))


def _resource(exchange: Exchange) -> tuple[str, ...]:
    kind = type_of(exchange.operation) or exchange.operation.partition(":")[0]
    return (exchange.session, exchange.region, kind, exchange.resource)
