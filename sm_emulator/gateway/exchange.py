"""One request on its way: what is learnt of it, how it is refused, what the journal keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sm_emulator.errors import ServiceError
from sm_emulator.journal import Exchange, Met, session_label, without_values
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.store import Read
from sm_emulator.wire import Outcome, Protocol, Request, encode_backend_error
from sm_emulator.wire.call import Call


@dataclass(slots=True)
class RequestContext:
    """A request that came at `at` by the scenario's clock, at `wall` by the wall clock.

    `origin` is who answers it, `is_foreign` whether it speaks another service's protocol; `code` and
    `message` are those of its refusal, if it meets one; `reads` and `faults` what it has met.
    """

    request: Request
    protocol: Protocol
    scenario: ScenarioState
    request_id: str
    at: float
    wall: float
    call: Call
    origin: str = "sm-emulator"
    is_foreign: bool = False
    code: str = ""
    message: str | None = None
    reads: list[Read] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def refuse(self, error: ServiceError) -> Outcome:
        """Write a refusal as the caller's protocol has it."""
        self.code, self.message = error.code, error.message
        if self.is_foreign:
            service = self.call.caller.service
            return encode_backend_error(error, self.request, service, self.request_id)
        return self.protocol.encode_error(error, self.request_id)

    def record(self, outcome: Outcome, met: tuple[Met, ...], duration: float) -> None:
        """Put it into the journal, as answered after `duration` seconds; `met` is what its reads met."""
        call = self.call
        exchange = Exchange(
            request_id=self.request_id,
            at=self.at,
            wall=self.wall,
            duration=duration,
            operation=call.operation,
            resource=call.resource,
            region=call.caller.region,
            session=session_label(call.caller),
            invocation=call.invocation,
            attempt=call.attempt,
            max_attempts=call.max_attempts,
            waiter=call.waiter,
            status=outcome.status,
            code=self.code,
            message=without_values(self.message),
            faults=tuple(self.faults),
            delivery=outcome.delivery.kind if outcome.delivery else "",
            met=met,
            request_bytes=len(self.request.body),
            response_bytes=len(outcome.body),
            origin=self.origin,
        )
        self.scenario.journal.record(exchange, self.request.body, outcome.body)
