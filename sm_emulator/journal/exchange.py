"""One request and its answer, as the journal keeps them: no credential, and no body unless asked."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from sm_emulator.store import Read, Surface
from sm_emulator.wire import Caller

_LONGEST_PRODUCT = 40


class Seen(NamedTuple):
    """What one read met: a store's Read without the value, which a journal must not hold on to.

    `missed` tells that it found nothing where the leader has something.
    """

    surface: Surface
    replica: int | None
    stale: int
    age: float
    rule: str | None
    missed: bool


# What a read met as an exchange keeps it: bare, for it is made for every read and hardly ever asked for
Met = tuple[Surface, int | None, int, float, str, bool]


class Exchange(NamedTuple):
    """One request and its answer: an attempt at an operation.

    `at` is when it came, by the scenario's clock; `wall` by the wall clock, both in seconds since 1970;
    `duration` the seconds until its answer was ready, by the wall clock. `operation` is "" where none
    could be told. `session` is what the client called itself, or else its product and a digest that
    tells sessions apart. `attempt` counts from 1 in the logical call `invocation` ("": the client gave
    no id); `max_attempts` is how many the client said it would make, 0 where it did not say. `waiter`:
    the request says that it is a waiter's poll.

    `code` is the error's, "" for a success, and `message` its text, without the values that it quotes
    where these come from the request's body. `faults` names the rules that acted, `delivery` how the
    answer failed to arrive, "" where it did arrive. `met` is what reads met that fell under the
    consistency model, each as `reads` names it. `origin` is who answered: sm-emulator or moto. `bodies`
    are request and answer, where the setting `journal.bodies` asks for them, the first 16 KiB of each.
    """

    request_id: str
    at: float
    wall: float
    duration: float
    operation: str
    resource: str
    region: str
    session: str
    invocation: str
    attempt: int
    max_attempts: int
    waiter: bool
    status: int
    code: str
    message: str
    faults: tuple[str, ...]
    delivery: str
    met: tuple[Met, ...]
    request_bytes: int
    response_bytes: int
    origin: str = "sm-emulator"
    bodies: tuple[bytes, bytes] | None = None

    @property
    def reads(self) -> tuple[Seen, ...]:
        """The reads that fell under the consistency model."""
        return tuple(Seen._make(met) for met in self.met)

    @property
    def asked(self) -> str:
        """The operation and, where there is one, the resource that it acts on."""
        return f"{self.operation} {self.resource}".rstrip()

    @property
    def ended(self) -> float:
        """When its answer was ready, by the wall clock."""
        return self.wall + self.duration

    @property
    def succeeded(self) -> bool:
        """Tell whether the client got an answer, and a good one."""
        return not (self.code or self.delivery)

    @property
    def outcome(self) -> str:
        """`ok`, or how the answer failed to arrive, or the code of the error."""
        return self.delivery or self.code or "ok"

    @property
    def stale(self) -> bool:
        """Tell whether a read of it saw less than the leader holds."""
        return any(read.stale for read in self.reads)

    @property
    def stale_miss(self) -> bool:
        """Tell whether it was refused because a read did not find what there is."""
        return bool(self.code) and any(read.missed for read in self.reads)


def seen(reads: Iterable[Read]) -> tuple[Met, ...]:
    """Tell what reads met that fell under a rule."""
    met: tuple[Met, ...] = ()
    for value, surface, replica, stale, age, rule in reads:
        if rule is not None:
            met += ((surface, replica, stale, age, rule, value is None and stale > 0),)
    return met


@lru_cache(maxsize=128)
def session_label(caller: Caller) -> str:
    """Name a session without its access key: by the client's own name, else by product and digest."""
    if caller.session_name:
        return caller.session_name
    product = caller.session.partition(" ")[2].partition(" ")[0][:_LONGEST_PRODUCT]
    digest = blake2b(caller.session.encode(), digest_size=4, key=caller.account.encode()).hexdigest()
    return f"{product or 'unnamed'} {digest}"


def without_values(message: str | None) -> str:
    """Keep the text of an error, but not the values of the request that it quotes.

    Constraints quote values of its body, an incomplete signature its Authorization header.
    """
    told = (message or "").partition(" Authorization=")[0]
    return told.partition(":")[0] if " detected: Value " in told else told
