"""The calls of one scenario, arranged for findings: retry chains, sessions, order of requests."""

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sm_emulator.catalog import table
from sm_emulator.journal.calls import Calls, LogicalCall, is_read
from sm_emulator.journal.exchange import Exchange
from sm_emulator.wire.call import type_of

MAX_ATTEMPTS = 10
_LONGEST_COMMAND = 72  # characters that are shown
_CODES = table("retries")["codes"]
THROTTLING_CODES = frozenset(_CODES["throttling"])
_NON_RETRYABLE_CODES = frozenset(_CODES["non_retryable"])
# The operations that use a resource: where one follows, the program treated the create as done
_USERS = {
    "Model": ("CreateEndpointConfig", "CreateInferenceComponent"),
    "EndpointConfig": ("CreateEndpoint", "UpdateEndpoint"),
    "Endpoint": ("CreateInferenceComponent", "InvokeEndpoint"),
}
_SERVER_ERRORS = frozenset({500, 502, 503, 504})  # what SDKs retry; 530 of the runtime is not among them

_Subject = tuple[str, str, str, str]


def indeterminate(exchange: Exchange) -> bool:
    """Return whether it failed in a way that leaves open whether the operation happened."""
    return bool(exchange.delivery) or exchange.status in _SERVER_ERRORS


def transient(exchange: Exchange) -> bool:
    """Return whether it failed in a way that every SDK retries: throttled, server error or lost."""
    return indeterminate(exchange) or exchange.code in THROTTLING_CODES


def already_exists(exchange: Exchange) -> bool:
    """Return whether it was refused because the name is taken."""
    return exchange.message.startswith("Cannot create already existing")


def non_retryable(exchange: Exchange) -> bool:
    """Return whether it was refused in a way that a retry cannot change.

    "Could not find …" is not such an error, since a client cannot distinguish a stale miss from a true
    one, nor is a conflict with an operation in progress.
    """
    constraint = " detected" in exchange.message and exchange.code == "ValidationException"
    return exchange.code in _NON_RETRYABLE_CODES or constraint or already_exists(exchange)


@dataclass(frozen=True, slots=True)
class RetryChain:
    """A logical call and the application's retries of it."""

    calls: tuple[LogicalCall, ...]

    @property
    def attempts(self) -> list[Exchange]:
        return [attempt for call in self.calls for attempt in call.attempts]

    @property
    def last(self) -> Exchange:
        return self.calls[-1].last

    @property
    def waits(self) -> list[tuple[float, bool]]:
        """The seconds waited before each further attempt, and whether the SDK waited."""
        waits = []
        for number, call in enumerate(self.calls):
            if number and call.waited is not None:
                waits.append((call.waited, False))
            waits += [(seconds, bool(call.last.invocation)) for seconds in call.waits]
        return waits

    @property
    def own_waits(self) -> list[float]:
        """The waits that the program is responsible for: all but the SDK's."""
        return [seconds for seconds, by_sdk in self.waits if not by_sdk]

    @property
    def is_poll(self) -> bool:
        """Whether it only reads, and fails only where it does not find the resource."""
        return is_read(self.last.operation) and all(
            a.succeeded or a.message.startswith("Could not find") for a in self.attempts
        )


@dataclass(frozen=True, slots=True)
class Run:
    """A command that ran against the emulator: how it ended after how many seconds.

    `cleans_up` says that it must leave no resource behind even where it succeeds.
    """

    command: tuple[str, ...]
    exit_code: int
    seconds: float
    cleans_up: bool = False


def shortened(command: Sequence[str]) -> str:
    """Return a command as one line that is not long, quoted as for a shell: first lines only."""
    firsts = (word.strip().partition("\n") for word in command)
    line = shlex.join(f"{first.rstrip()} …" if rest else first for first, rest, _ in firsts)
    return line if len(line) <= _LONGEST_COMMAND else f"{line[: _LONGEST_COMMAND - 1]}…"


class Trace:
    """The calls of a scenario that are judged, and the run that made them, if it is known.

    A chain of more than `max_attempts` attempts is too long. `others` are the calls of a run that made
    none to judge. `sessions` are the calls of each session.
    """

    def __init__(
        self,
        calls: Calls,
        max_attempts: int = MAX_ATTEMPTS,
        run: Run | None = None,
        others: Sequence[LogicalCall] = (),
    ) -> None:
        self.calls, self.others = calls, others
        self.chains = retry_chains(calls)
        self.max_attempts = max_attempts
        self.run = run
        self._by_subject: dict[_Subject, list[Exchange]] = defaultdict(list)
        self.sessions: dict[str, list[LogicalCall]] = defaultdict(list)
        # by session, operation and resource (None: of any), in the order of their beginning
        self._successes: dict[tuple[str, str | None, str | None], list[LogicalCall]] = defaultdict(list)
        for call in calls:
            self.sessions[call.session].append(call)
            if call.succeeded:
                for operation in (call.operation, None):
                    for resource in (call.resource, None):
                        self._successes[call.session, operation, resource].append(call)
            for attempt in call.attempts:
                self._by_subject[_subject(attempt)].append(attempt)

    def by_resource(self) -> Iterator[list[Exchange]]:
        """Yield the exchanges of each session about each resource, oldest first."""
        for exchanges in self._by_subject.values():
            exchanges.sort(key=lambda exchange: exchange.wall)
            yield exchanges

    def successions(self) -> Iterator[tuple[Exchange, Exchange | None]]:
        """Yield each exchange with the next one of its session about the same resource."""
        for exchanges in self.by_resource():
            yield from pairwise([*exchanges, None])

    def attempts(self) -> list[Exchange]:
        """Return all attempts, oldest first."""
        return sorted((a for call in self.calls for a in call.attempts), key=lambda a: a.wall)

    def last_describe(self, change: Exchange, before: Exchange) -> Exchange | None:
        """Return the last description of a changed resource that a session read before a request."""
        reads = [
            attempt
            for attempt in self._by_subject[before.session, *_subject(change)[1:]]
            if attempt.operation.startswith("Describe") and change.wall < attempt.wall < before.wall
        ]
        return reads[-1] if reads else None

    def continues(self, created: Exchange) -> bool:
        """Return whether its session later treated a create as done: described or used the resource."""
        kind = type_of(created.operation)
        looks = [(f"{verb}{kind}", created.resource) for verb in ("Describe", "Update")]
        uses = [(use, None) for use in (f"List{kind}s", *_USERS.get(kind, ()))]
        return any(self.succeeded(created, *success) for success in [*looks, *uses])

    def succeeded(
        self, after: Exchange, operation: str | None = None, resource: str | None = None
    ) -> bool:
        """Return whether the session of an exchange had a success after it; None stands for any."""
        for call in reversed(self._successes.get((after.session, operation, resource), ())):
            if call.attempts[0].wall < after.ended:
                return False
            if after not in call.attempts:
                return True
        return False


def retry_chains(calls: Iterable[LogicalCall]) -> list[RetryChain]:
    """Follow the links from each call to the one that it retries; in order of the first calls.

    An invocation is never linked: each has work of its own.
    """
    chains: dict[str, list[LogicalCall]] = {}
    for call in calls:
        linked = call.retry_of and not call.operation.startswith("Invoke")
        chain = chains.pop(call.retry_of, []) if linked and call.retry_of else []
        chains[call.id] = [*chain, call]
    ordered = sorted(chains.values(), key=lambda chain: chain[0].attempts[0].wall)
    return [RetryChain(tuple(chain)) for chain in ordered]


def _subject(exchange: Exchange) -> _Subject:
    kind = type_of(exchange.operation)
    return (exchange.session, exchange.region, kind, exchange.resource if kind else exchange.request_id)
