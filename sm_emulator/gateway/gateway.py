"""The way of a request: wire, contract, faults, operation, store, wire. It touches no socket.

A way is a generator: it yields what has to be waited for and returns the outcome. Who follows it does
the waiting, so a delay holds no thread, and in tests no time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from sm_emulator.auth import Verify, skip_verification
from sm_emulator.contract import contract
from sm_emulator.errors import ServiceError
from sm_emulator.faults import Effect, Phase
from sm_emulator.gateway.exchange import RequestContext
from sm_emulator.journal import debug_headers, seen
from sm_emulator.operations import OPERATIONS, Context, catch_up
from sm_emulator.scenario.scenario import Scenarios
from sm_emulator.store import Session
from sm_emulator.wire import (
    RESTJSON,
    Backend,
    Outcome,
    Request,
    Step,
    Steps,
    Wait,
    Work,
    error_code,
    identify,
    is_hosting,
    operation_name,
    protocol_for,
)
from sm_emulator.wire.call import parse_call, targets_other_resource

_log = logging.getLogger(__name__)


class Gateway:
    """Answers AWS requests out of `scenarios`; those for others are answered by `elsewhere`, if any.

    `request_ids` gives a new UUID each time, `wall` the real time in seconds since 1970; `verify`
    refuses bad signatures. With `debug_headers`, answers tell what their reads saw and which faults
    acted. `bugs` collects what no request should be able to raise.
    """

    def __init__(
        self,
        scenarios: Scenarios,
        request_ids: Callable[[], str],
        wall: Callable[[], float],
        backend: Backend | None = None,
        *,
        verify: Verify = skip_verification,
        debug_headers: bool,
    ) -> None:
        self._scenarios = scenarios
        self._request_ids = request_ids
        self._wall = wall
        self._backend = backend
        self._verify = verify
        self._debug_headers = debug_headers
        self.bugs: list[Exception] = []

    def __call__(self, request: Request) -> Steps:
        """Answer one request; every mistake of the client's is an answer too."""
        visit = self._receive(request)
        try:
            outcome = yield from self._answer(visit)
        except ServiceError as error:
            outcome = visit.refuse(error)
        except Exception as bug:  # noqa: BLE001  a bug of ours must not look like a lost connection
            _log.exception("this is a bug in sm-emulator; please report it")
            self.bugs.append(bug)
            outcome = visit.refuse(ServiceError("InternalFailure", status=500))
        met = seen(visit.reads)
        if self._debug_headers and (told := debug_headers(met, visit.faults)):
            outcome.headers += told
        visit.record(outcome, met, self._wall() - visit.wall)
        return outcome

    def _receive(self, request: Request) -> RequestContext:
        caller = identify(request.headers, request.query)
        scenario = self._scenarios[caller.account]
        with scenario.lock:
            scenario.clock.tick()
            at = scenario.clock()
        call, protocol = parse_call(caller, request), protocol_for(request.path)
        return RequestContext(request, protocol, scenario, self._request_ids(), at, self._wall(), call)

    def _answer(self, visit: RequestContext) -> Steps:
        attempt = self._attempt(visit)
        before = self._meet("before", visit)
        if before.delay:
            yield Wait(before.delay)
        if before.error:
            raise before.error
        if before.delivery:
            return Outcome(0, (), b"", before.delivery)
        try:
            outcome = yield from attempt
            visit.code = error_code(outcome)
        except ServiceError as error:
            outcome = visit.refuse(error)
        except NotImplementedError as lack:
            outcome = visit.refuse(_not_implemented(visit.call.operation, str(lack)))
        after = self._meet("after", visit)
        if after.delay:
            yield Wait(after.delay)
        if after.error:
            outcome = visit.refuse(after.error)
        return after.on(outcome)

    def _attempt(self, visit: RequestContext) -> Steps:
        """Tell what is to be done, without beginning it. Raises ServiceError for what nobody does."""
        request, caller = visit.request, visit.call.caller
        if not is_hosting(request, caller.service):
            return self._pass_on(visit)
        if request.path != "/" and visit.protocol is not RESTJSON:
            raise _not_implemented(f"{request.method} {request.path}")
        name, payload = visit.protocol.decode(request)
        visit.call.is_to(name, payload)
        self._verify(request, visit.wall)
        if name not in OPERATIONS:
            return self._pass_on(visit)
        if self._backend and targets_other_resource(payload):
            contract(name).check(payload)
            return self._pass_on(visit)
        return self._perform(visit, name, payload)

    def _pass_on(self, visit: RequestContext) -> Steps:
        request, service = visit.request, visit.call.caller.service
        visit.call.operation = operation_name(request, service)
        visit.call.resource = visit.call.resource or request.path.removeprefix("/")
        visit.is_foreign = True
        if self._backend is None:
            raise _not_implemented(visit.call.operation)
        visit.origin = self._backend.origin
        return _done(Work(partial(self._backend, request)))

    def _perform(self, visit: RequestContext, name: str, payload: object) -> Steps:
        """Let an operation of ours happen; what it has to wait for is part of the way."""
        response = self._operate(visit, contract(name).check(payload))
        if isinstance(response, Generator):
            response = yield from response
        return visit.protocol.encode(name, response, visit.request_id)

    def _meet(self, phase: Phase, visit: RequestContext) -> Effect:
        """Ask the faults of the scenario; to wait, where they say so, is the way's part."""
        scenario = visit.scenario
        with scenario.lock:
            effect = scenario.faults.act(phase, visit.call, scenario.clock(), scenario.store.seed)
        visit.faults += effect.names
        return effect

    def _operate(
        self, visit: RequestContext, checked: dict[str, Any]
    ) -> dict[str, Any] | Generator[Step, Any, dict[str, Any]] | None:
        scenario, caller = visit.scenario, visit.call.caller
        with scenario.lock:
            context = Context(
                store=scenario.store,
                schedule=scenario.schedule,
                traffic=scenario.traffic,
                request_id=visit.request_id,
                backend=self._backend,
                account=caller.account,
                region=caller.region,
                session=Session(caller.session, caller.session_name),
                operation=visit.call.operation,
                clock=scenario.clock,
                now=scenario.clock(),
                behaviour=scenario.behaviour,
                strong=caller.strong,
                reads=visit.reads,
            )
            catch_up(scenario.store, scenario.schedule, context.now)
            return OPERATIONS[visit.call.operation](context, checked)


def _done(work: Work) -> Steps:
    outcome: Outcome = yield work
    return outcome


def _not_implemented(what: str, lack: str = "") -> ServiceError:
    """Refuse what is not here: 501, which no SDK retries; AWS's own answer would be a lie."""
    ours = ", ".join(sorted(OPERATIONS))
    message = f"{what} is not implemented by sm-emulator, which has {ours}. {lack}"
    return ServiceError("NotImplemented", message.strip(), status=501)
