"""The way of a request: wire, contract, operation, store, wire. It touches no socket and never waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from sm_emulator.catalog import service
from sm_emulator.contract import contract
from sm_emulator.errors import ServiceError
from sm_emulator.operations import OPERATIONS, Context, catch_up
from sm_emulator.scenario import Scenarios
from sm_emulator.store import Read, Session
from sm_emulator.wire import Outcome, Request, decode, encode, encode_error, identify

_log = logging.getLogger(__name__)


class Gateway:
    """Answers requests to `POST /` out of `scenarios`.

    `request_ids` gives a new UUID each time. With `debug_headers`, answers tell what their reads
    saw. `bugs` collects what no request should be able to raise.
    """

    def __init__(
        self, scenarios: Scenarios, request_ids: Callable[[], str], *, debug_headers: bool
    ) -> None:
        self._scenarios = scenarios
        self._request_ids = request_ids
        self._debug_headers = debug_headers
        self.bugs: list[Exception] = []

    def __call__(self, request: Request) -> Outcome:
        """Answer one request; every mistake of the client's is an answer too."""
        request_id = self._request_ids()
        reads: list[Read] = []
        try:
            outcome = encode(self._perform(request, reads), request_id)
        except ServiceError as error:
            outcome = encode_error(error, request_id)
        except Exception as bug:  # noqa: BLE001  a bug of ours must not look like a lost connection
            _log.exception("this is a bug in sm-emulator; please report it")
            self.bugs.append(bug)
            outcome = encode_error(ServiceError("InternalFailure", status=500), request_id)
        shown = _render(reads) if self._debug_headers else ""
        if shown:
            header = ("x-sm-emulator-read", shown)
            outcome = replace(outcome, headers=(*outcome.headers, header))
        return outcome

    def refuse(self, error: ServiceError) -> Outcome:
        """Answer with a refusal what never was an operation."""
        return encode_error(error, self._request_ids())

    def _perform(self, request: Request, reads: list[Read]) -> dict[str, object] | None:
        target, payload = decode(request)
        name = _operation_name(target)
        checked = contract(name).check(payload)
        caller = identify(request.headers)
        scenario = self._scenarios[caller.account]
        with scenario.lock:
            scenario.clock.tick()
            context = Context(
                store=scenario.store,
                schedule=scenario.schedule,
                account=caller.account,
                region=caller.region,
                session=Session(caller.session, caller.session_name),
                operation=name,
                now=scenario.clock(),
                behaviour=scenario.behaviour,
                strong=caller.strong,
                reads=reads,
            )
            catch_up(scenario.store, scenario.schedule, context.now)
            return OPERATIONS[name](context, checked)


def _operation_name(target: str) -> str:
    """Read `SageMaker.<Operation>`; the case matters. Raises ServiceError if it is not ours."""
    prefix, _, name = target.partition(".")
    is_sagemaker = prefix == service()["targetPrefix"]
    if is_sagemaker and name in OPERATIONS:
        return name
    if target and (not is_sagemaker or name in service()["operations"]):
        # 501, which no SDK retries; never AWS's own answer, which would be a lie
        ours = ", ".join(sorted(OPERATIONS))
        raise ServiceError(
            "NotImplemented",
            f"{target} is not implemented by sm-emulator, which has {ours}.",
            status=501,
        )
    raise ServiceError("UnknownOperationException")


def _render(reads: Iterable[Read]) -> str:
    """Render the reads that fell under a rule, in order."""
    return ", ".join(
        f"surface={read.surface}; replica={'any' if read.replica is None else read.replica}; "
        f"stale={read.stale}; age={round(read.age, 6):g}; rule={read.rule}"
        for read in reads
        if read.rule is not None
    )
