"""One request and its answer as the journal records them: no credentials, by default no bodies.

The fields of `Exchange` are the only list of its members: JSON, reports and OpenAPI derive from them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from sys import getsizeof
from typing import Any, NamedTuple

from sm_emulator.store.reading import Read
from sm_emulator.store.rules import Surface
from sm_emulator.wire.call import Call
from sm_emulator.wire.message import Outcome

# Clients choose most texts; longer ones are cut when an exchange is recorded
_LONGEST_TEXT = 2048
# Bytes of an exchange apart from its texts and bodies, and of one of its reads (measured, CPython 3.11)
_FIXED, _READ = 600, 200


class ReadSummary(NamedTuple):
    """What one read returned: a store's Read without the value.

    `missed`: the read found nothing where the leader holds something. `choice` says what a schedule
    chose, "" where there was no choice.
    """

    surface: Surface
    replica: int | None
    stale: int
    age: float
    rule: str | None
    missed: bool
    choice: str = ""


# Created for every request and completed at its end, so it is not frozen
@dataclass(slots=True, eq=False)
class Exchange:
    """One request and its answer: an attempt at an operation.

    `at` is the arrival time by the scenario's clock, `wall` by the wall clock, both in seconds since
    1970; `duration` the seconds until the answer was ready. `operation` is "" where the request names
    none. `session` is the name that the client chose, or its product and a digest. `attempt` counts from
    1 within the logical call `invocation` ("": the client sent no id); `max_attempts` is the limit that
    the client announced, 0 where it announced none. `waiter`: a waiter sent the request. `uses` names
    the other resources that a create or update refers to, as "EndpointConfig c".

    `code` is that of the error, "" for a success. `message` is its text, without values quoted from the
    request's body. `detail` is the end of the traceback of a model function that failed. `faults` names
    the rules that acted, `delivery` how the answer was lost, "" where it arrived. `reads` are those
    under a consistency rule, or with a choice. `place` is the request's label in the schedule in force,
    as "CreateEndpoint(ep)#1", and `causes` those of the schedule that acted; without one both are empty.
    `origin` is the service that answered: sm-emulator or moto. `connection` numbers the client's
    connection, 0 where it is unknown, and `round_trip` is how far the request moved a virtual clock;
    neither is in any record. `bodies` are request and answer, where the setting `journal.bodies` is on,
    the first 16 KiB of each.
    """

    request_id: str
    at: float
    wall: float
    duration: float = 0.0
    operation: str = ""
    resource: str = ""
    region: str = ""
    session: str = ""
    invocation: str = ""
    attempt: int = 1
    max_attempts: int = 0
    waiter: bool = False
    uses: tuple[str, ...] = ()
    status: int = 0
    code: str = ""
    message: str = ""
    detail: str = ""
    faults: tuple[str, ...] = ()
    delivery: str = ""
    reads: tuple[ReadSummary, ...] = ()
    request_bytes: int = 0
    response_bytes: int = 0
    place: str = ""
    causes: tuple[str, ...] = ()
    origin: str = "sm-emulator"
    connection: int = 0
    round_trip: float = 0.0
    bodies: tuple[bytes, bytes] | None = None

    def complete(self, call: Call, outcome: Outcome, duration: float) -> None:
        """Add the attempt that was made and its outcome after `duration` seconds."""
        self.duration = duration
        self.operation, self.resource = call.operation, call.resource
        self.region, self.session = call.caller.region, call.caller.session
        self.invocation, self.attempt = call.invocation, call.attempt
        self.max_attempts, self.waiter, self.uses = call.max_attempts, call.waiter, call.uses
        self.connection = call.request.connection
        self.status = outcome.status
        self.message = _without_values(self.message)
        self.delivery = outcome.delivery.kind if outcome.delivery else ""
        self.request_bytes, self.response_bytes = len(call.request.body), len(outcome.body)
        if len("".join(_texts(self))) > _LONGEST_TEXT:
            for name in _TEXTS:
                if len(text := getattr(self, name)) > _LONGEST_TEXT:
                    setattr(self, name, f"{text[:_LONGEST_TEXT]}…")

    @property
    def size(self) -> int:
        """The memory that it occupies, about, in bytes."""
        bodies = sum(map(len, self.bodies)) if self.bodies else 0
        texts = getsizeof("".join((*_texts(self), *self.uses)))
        return _FIXED + texts + bodies + _READ * len(self.reads)

    @property
    def label(self) -> str:
        """The operation and, where there is one, the resource that it acts on."""
        return f"{self.operation} {self.resource}".rstrip()

    @property
    def ended(self) -> float:
        """When its answer was ready, by the wall clock."""
        return self.wall + self.duration

    @property
    def succeeded(self) -> bool:
        """Whether the client received an answer, and no error."""
        return not (self.code or self.delivery)

    @property
    def happened(self) -> bool:
        """Whether the operation succeeded, even where the client did not receive the answer."""
        return not self.code and self.status // 100 == 2  # noqa: PLR2004

    @property
    def outcome(self) -> str:
        """`ok`, or how the answer was lost, or the code of the error."""
        return self.delivery or self.code or "ok"

    @property
    def stale(self) -> bool:
        """Whether one of its reads returned less than the leader holds."""
        return any(read.stale for read in self.reads)

    @property
    def stale_miss(self) -> bool:
        """Whether it was refused because a stale read found nothing."""
        return bool(self.code) and any(read.missed for read in self.reads)

    def debug_headers(self) -> tuple[tuple[str, str], ...]:
        """Return the response headers that describe its reads and name the faults that acted."""
        reads = [
            f"surface={read.surface}; replica={'any' if read.replica is None else read.replica}; "
            f"stale={read.stale}; age={read.age:g}; rule={read.rule}"
            for read in self.reads
        ]
        headers = (("x-sm-emulator-read", ", ".join(reads)),) if reads else ()
        return (*headers, ("x-sm-emulator-fault", ", ".join(self.faults))) if self.faults else headers

    def as_json(self) -> dict[str, Any]:
        """Return all members, with the bodies as text where the journal has them."""
        document = {name: getattr(self, name) for name in MEMBERS}
        for name in ("faults", "uses", "causes"):
            document[name] = list(document[name])
        document["reads"] = [read._asdict() for read in self.reads]
        if self.bodies is not None:
            request, answer = (body.decode(errors="replace") for body in self.bodies)
            document |= {"request": request, "response": answer}
        return document


_TEXTS = ("operation", "resource", "region", "session", "invocation", "code", "message", "detail")
_texts = attrgetter(*_TEXTS)
_UNRECORDED = ("connection", "round_trip", "bodies")
# The members of an exchange in JSON: its fields but the bodies, and what follows from them
MEMBERS = (
    *(field.name for field in fields(Exchange) if field.name not in _UNRECORDED),
    "outcome",
    "stale",
)


def summarize(reads: Iterable[Read]) -> tuple[ReadSummary, ...]:
    """Return summaries of the reads that fell under a rule, or were chosen."""
    return tuple(
        ReadSummary(
            r.surface, r.replica, r.stale, r.age, r.rule, r.value is None and r.stale > 0, r.choice
        )
        for r in reads
        if r.rule is not None or r.choice
    )


def _without_values(message: str) -> str:
    """Return the text of an error without the values of the request that it quotes.

    Constraints quote values of the body, an incomplete signature its Authorization header.
    """
    text = message.partition(" Authorization=")[0]
    return text.partition(":")[0] if " detected: Value " in text else text
