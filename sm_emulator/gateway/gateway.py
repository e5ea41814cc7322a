"""The lifecycle of a request, from the wire to the journal.

It touches no socket. The steps are a generator: it yields what has to be waited for and returns the
outcome. Whoever runs the steps does the waiting, so a delay holds no thread, and in tests takes no time.

The order of checks: the body is decoded and the signature verified; faults of the phase `before` act;
the contract is checked; the operation reads and writes the store; the answer is encoded; faults of the
phase `after` act; the exchange is recorded.
"""

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sm_emulator.auth.verifier import Verify, skip_verification
from sm_emulator.contract import contract
from sm_emulator.errors import ServiceError
from sm_emulator.faults.registry import NOTHING, Effect, Phase
from sm_emulator.gateway.bugs import Bugs
from sm_emulator.journal.exchange import Exchange, summarize
from sm_emulator.journal.log import Log
from sm_emulator.operations.registry import OPERATIONS, Context
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.scenario.scenarios import Scenarios
from sm_emulator.schedule.request import ScriptedRequest, arrive
from sm_emulator.schedule.script import Script
from sm_emulator.store.reading import Read, Session
from sm_emulator.wire.call import Call, identify, parse_call, targets_other_resource
from sm_emulator.wire.message import Backend, Delivery, Outcome, Request, WireProtocol
from sm_emulator.wire.other_services import encode_backend_error, error_code, is_hosting, operation_name
from sm_emulator.wire.restjson import RESTJSON, protocol_for
from sm_emulator.wire.steps import Step, Steps, Wait, Work, decode, under

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class RequestContext:
    """A request under way. `exchange` is its record, complete once it is answered.

    `call` is the attempt as far as it is known, `reads` are those of its operation; `is_foreign`: it
    uses the protocol of another service. `scripted` is its part in the scenario's schedule, if any.
    """

    scenario: ScenarioState
    call: Call
    exchange: Exchange
    protocol: WireProtocol
    reads: list[Read] = field(default_factory=list)
    is_foreign: bool = False
    scripted: ScriptedRequest | None = None

    def refuse(self, error: ServiceError) -> Outcome:
        """Return a refusal in the caller's protocol."""
        request_id = self.exchange.request_id
        self.exchange.code, self.exchange.message = error.code, error.message or ""
        self.exchange.detail = error.detail
        if self.is_foreign:
            return encode_backend_error(error, self.call.request, self.call.caller.service, request_id)
        return self.protocol.encode_error(error, request_id)


class Gateway:
    """Answers AWS requests from `scenarios`; `backend`, if any, answers those for other services.

    `request_ids` returns a new UUID each time, `wall` the real time in seconds since 1970, `monotonic`
    seconds that never decrease; `verify` refuses bad signatures. With `debug_headers`, answers describe
    their reads and name the faults that acted. `log` gets each exchange at its end.
    `bugs` has the exceptions that no request should be able to raise.
    """

    def __init__(
        self,
        scenarios: Scenarios,
        request_ids: Callable[[], str],
        wall: Callable[[], float],
        monotonic: Callable[[], float],
        backend: Backend | None = None,
        *,
        verify: Verify = skip_verification,
        debug_headers: bool,
        log: Log = lambda _: None,
    ) -> None:
        self._scenarios = scenarios
        self._request_ids = request_ids
        self._wall = wall
        self._monotonic = monotonic
        # times of exchanges differ as the monotonic clock does, even if the wall clock is set meanwhile
        self._origin = wall() - monotonic()
        self._backend = backend
        self._verify = verify
        self._debug_headers = debug_headers
        self._log = log
        self.bugs = Bugs()

    def __call__(self, request: Request) -> Steps:
        """Answer one request; a client's mistake is answered too."""
        caller = identify(request.headers, request.query)
        entry = self._scenarios[caller.account]
        scenario = entry.state
        if scenario.script is not None and scenario.script.crashed and not caller.observes:
            return Outcome(0, (), b"", Delivery("close"))
        with scenario.lock:
            entry.active += 1
            round_trip = 0.0 if caller.observes else scenario.clock.tick()
            at = scenario.clock()
        exchange = Exchange(self._request_ids(), at, self._now(), round_trip=round_trip)
        call, protocol = parse_call(caller, request), protocol_for(request.path)
        context = RequestContext(scenario, call, exchange, protocol)
        try:
            outcome = yield from self._answer(context)
        except ServiceError as error:
            outcome = context.refuse(error)
        except Exception as bug:  # noqa: BLE001  a bug must not look like a lost connection
            _log.exception("this is a bug in sm-emulator; please report it")
            self.bugs.keep(bug)
            outcome = context.refuse(ServiceError("InternalFailure", status=500))
        finally:
            with scenario.lock:
                entry.active -= 1
            if entry.state is not scenario:
                self._scenarios.retire(scenario)
        exchange.reads = summarize(context.reads)
        if context.scripted:
            exchange.place, exchange.causes = str(context.scripted.label), tuple(context.scripted.causes)
        if self._debug_headers:
            outcome.headers += exchange.debug_headers()
        exchange.complete(call, outcome, self._now() - exchange.wall)
        if not caller.observes:
            scenario.journal.record(exchange, request.body, outcome.body)
            self._log(exchange)
        return outcome

    def _now(self) -> float:
        return self._origin + self._monotonic()

    def _answer(self, context: RequestContext) -> Steps:
        attempt = yield from self._attempt(context)
        if context.scenario.script is not None and not context.call.caller.observes:
            self._arrive(context, context.scenario.script)
        before = self._apply_faults("before", context)
        if before.delay:
            yield Wait(before.delay)
        if before.error:
            raise before.error
        if before.delivery:
            return Outcome(0, (), b"", before.delivery)
        try:
            outcome = yield from attempt
            context.exchange.code = error_code(outcome)
        except ServiceError as error:
            outcome = context.refuse(error)
        except NotImplementedError as missing:
            outcome = context.refuse(_not_implemented(context.call.operation, str(missing)))
        after = self._apply_faults("after", context)
        if after.delay:
            yield Wait(after.delay)
        if after.error:
            outcome = context.refuse(after.error)
        return after.on(outcome)

    def _attempt(self, context: RequestContext) -> Generator[Step, Any, Steps]:
        """Return the steps of the attempt, not yet begun. Raises ServiceError."""
        request, caller = context.call.request, context.call.caller
        if not is_hosting(request, caller.service):
            return self._pass_on(context)
        if request.path != "/" and context.protocol is not RESTJSON:
            raise _not_implemented(f"{request.method} {request.path}")
        name, payload = yield from decode(context.protocol, request)
        context.call.set_operation(name, payload)
        context.call.check_observer()
        self._verify(request, self._wall())
        if name not in OPERATIONS:
            return self._pass_on(context)
        if self._backend and targets_other_resource(payload):
            contract(name).check(payload)
            return self._pass_on(context)
        return self._perform(context, name, payload)

    def _pass_on(self, context: RequestContext) -> Steps:
        call = context.call
        call.operation = operation_name(call.request, call.caller.service)
        call.resource = call.resource or call.request.path.removeprefix("/")
        context.is_foreign = True
        call.check_observer()
        if self._backend is None:
            raise _not_implemented(call.operation)
        context.exchange.origin = self._backend.origin
        return _result(Work(partial(self._backend, call.request), "backend"))

    def _perform(self, context: RequestContext, name: str, payload: object) -> Steps:
        """Perform one of our operations; its own steps are part of the request's."""
        scenario, caller = context.scenario, context.call.caller
        checked = contract(name).check(payload)
        with scenario.lock:
            view = Context(
                store=scenario.store,
                transitions=scenario.transitions,
                traffic=scenario.traffic,
                request_id=context.exchange.request_id,
                backend=self._backend,
                account=caller.account,
                region=caller.region,
                session=Session(caller.session, caller.session_name),
                operation=name,
                clock=scenario.clock,
                now=scenario.clock(),
                behaviour=scenario.behaviour,
                strong=caller.strong,
                observes=caller.observes,
                reads=context.reads,
                scripted=context.scripted,
            )
            response = OPERATIONS[name](view, checked)
        if response is not None and not isinstance(response, dict):
            response = yield from under(scenario.lock, response)
        return context.protocol.encode(name, response, context.exchange.request_id)

    def _arrive(self, context: RequestContext, script: Script) -> None:
        """Count a request under a schedule."""
        with context.scenario.lock:
            context.scripted = arrive(script, context.call)

    def _apply_faults(self, phase: Phase, context: RequestContext) -> Effect:
        """Return the effect of the scenario's schedule and faults; the caller waits for its delay."""
        scenario, scripted, effect = context.scenario, context.scripted, NOTHING
        if context.call.caller.observes or not (scenario.faults or scripted):
            return NOTHING
        with scenario.lock:
            if scripted:
                effect = scripted.act(phase, happened=phase == "after" and not context.exchange.code)
            if not effect.decides:
                effect = scenario.faults.act(phase, context.call, scenario.clock(), scenario.seed)
        context.exchange.faults += effect.names
        return effect


def _result(work: Work) -> Steps:
    outcome: Outcome = yield work
    return outcome


def _not_implemented(operation: str, detail: str = "") -> ServiceError:
    """Return a 501, which no SDK retries; AWS's own answer would be a lie."""
    ours = ", ".join(sorted(OPERATIONS))
    message = f"{operation} is not implemented by sm-emulator, which has {ours}. {detail}"
    return ServiceError("NotImplemented", message.strip(), status=501)
