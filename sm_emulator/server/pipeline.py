"""The responses of one connection, in the order of its requests."""

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from sm_emulator.errors import ServiceError
from sm_emulator.server.dispatcher import Handler, immediate
from sm_emulator.server.workers import Workers
from sm_emulator.wire.call import identify
from sm_emulator.wire.message import Delivery, Outcome, Request
from sm_emulator.wire.other_services import encode_backend_error, is_hosting
from sm_emulator.wire.restjson import protocol_for
from sm_emulator.wire.steps import (
    START,
    Background,
    Resume,
    Step,
    Wait,
    Work,
    contained,
    expired,
    perform,
)

# How many requests a client may send ahead of their responses
MAX_AHEAD = 16
# How many requests of one connection are answered before the loop serves others: a client that sends
# ahead has 200 creates in one read of the socket, which took 30 to 90 ms
_PER_STEP = 8
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
# A body is sent in parts of this size, as the client reads them; the first is sent with the head
_PART = 256 * 1024
# Stands for a request that is not acceptable HTTP
_UNPARSED = Request("", {}, b"")
_log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Task:
    """The steps of a request, or of the background; `work` is what they wait for."""

    steps: Generator[Step, Any, Any]
    request: Request | None = None
    keep: bool = True
    work: Work | None = None
    expiry: asyncio.TimerHandle | None = None


@dataclass(eq=False, slots=True)
class ResponsePipeline:
    """Answers requests by `handler`, one after the other; `answered` is called after each.

    Blocking work runs in threads of `workers`; while a request waits, the loop serves others. `close`
    ends the connection after its last response.
    """

    _handler: Handler
    _transport: asyncio.Transport
    _loop: asyncio.AbstractEventLoop
    _workers: Workers
    _answered: Callable[[], None]
    _close: Callable[[], None]
    _queue: deque[_Task] = field(default_factory=deque)
    _busy: bool = False
    _paused: bool = False
    _keep: bool = True
    _unsent: memoryview = memoryview(b"")  # noqa: RUF009
    _begun: int = 0

    @property
    def is_full(self) -> bool:
        """Whether to stop reading requests: their client is ahead, or does not read its responses."""
        return self._paused or self.pending > MAX_AHEAD

    @property
    def pending(self) -> int:
        """The number of requests without a response."""
        return len(self._queue) + self._busy

    def add(self, request: Request, *, keep: bool) -> None:
        """Answer a request after those before it; unless `keep`, close the connection then."""
        self._queue.append(_Task(self._handler(request), request, keep))
        self._answer_queued()

    def refuse(self, status: int, body: bytes) -> None:
        """Answer a request that is not acceptable HTTP, and close the connection."""
        self._queue.append(_Task(immediate(Outcome(status, (), body)), _UNPARSED, keep=False))
        self._answer_queued()

    def pause(self, *, paused: bool) -> None:
        """Pause while the client does not read its responses, which take memory until it does."""
        self._paused = paused
        if not paused:
            if self._unsent:
                self._send_part()
            else:
                self._answer_queued()

    def _answer_queued(self) -> None:
        """Answer the queued requests, up to the first that has to wait, and the loop's other work."""
        while self._queue and self._begun < _PER_STEP and not (self._busy or self._paused):
            self._begun += 1
            if self._begun == _PER_STEP:
                self._loop.call_soon(self._answer_further)
            self._busy = True
            self._run(START, self._queue.popleft())

    def _answer_further(self) -> None:
        self._begun = 0
        self._answer_queued()

    def _run(self, resume: Resume, task: _Task) -> None:
        """Run a task until it has to wait, or to its end. Whatever it raises is answered with 500."""
        try:
            while isinstance(step := resume(task.steps), Background):
                self._run(START, _Task(contained(step.steps)))
                resume = START
            if isinstance(step, Wait):
                self._loop.call_later(step.seconds, self._continue, START, task)
            else:
                self._start_work(step, task)
        except StopIteration as end:
            if task.request is not None:
                self._finish(task, task.request, end.value)
        except BaseException as error:  # noqa: BLE001  sys.exit() must not end the event loop
            _log.exception("this is a bug in sm-emulator; please report it", exc_info=error)
            if task.request is not None:
                self._finish(task, task.request, None)

    def _start_work(self, work: Work, task: _Task) -> None:
        def job() -> None:
            if task.work is work:
                resume = perform(work.run)
                with contextlib.suppress(RuntimeError):  # the loop has ended
                    self._loop.call_soon_threadsafe(self._finish_work, work, resume, task)

        task.work = work
        if work.timeout is not None:
            task.expiry = self._loop.call_later(
                work.timeout, self._finish_work, work, expired(work), task
            )
        # Requests are limited by their connections, so their work never queues; background work may
        kind = work.kind if task.request else f"background {work.kind}"
        self._workers.start(kind, job)

    def _finish_work(self, work: Work, resume: Resume, task: _Task) -> None:
        """Continue a task, unless its work has expired."""
        if task.work is work:
            task.work = None
            if task.expiry is not None:
                task.expiry.cancel()
            self._continue(resume, task)

    def _continue(self, resume: Resume, task: _Task) -> None:
        self._run(resume, task)
        self._answer_queued()

    def _finish(self, task: _Task, request: Request, outcome: Outcome | None) -> None:
        """Deliver an outcome. Where that fails, or there is none, answer with 500 and close."""
        if outcome is not None:
            try:
                self._deliver(task, request, outcome)
            except Exception:  # noqa: BLE001  whatever it is, the client must not wait
                _log.exception("cannot send the response to %s %s", request.method, request.path)
            else:
                return
        task.keep = False
        request_id = dict(outcome.headers).get("x-amzn-RequestId", "") if outcome else ""
        self._deliver(task, request, _internal_failure(request, request_id))

    def _deliver(self, task: _Task, request: Request, outcome: Outcome) -> None:
        """Send an outcome, or fail to as it says; nothing is sent to a client that has gone."""
        body = b"" if request.method == "HEAD" else outcome.body
        now = time.time()  # always real time: SDKs set their signing clock by the Date header
        match outcome.delivery:
            case _ if self._transport.is_closing():
                self._busy = False
            case None:
                head = outcome.head(now, keep=task.keep)
                self._keep = task.keep
                self._unsent = memoryview(body)[_PART:]
                self._transport.write(head + body[:_PART])
                self._continue_sending()
            case Delivery("reset"):
                connection = self._transport.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                self._transport.abort()
            case Delivery("close"):
                self._transport.close()
            case cut:
                self._transport.write(outcome.head(now, keep=True) + body[: cut.sent])
                self._loop.call_later(cut.seconds if cut.kind == "stall" else 0, self._transport.close)

    def _continue_sending(self) -> None:
        """Send the rest of a body when the client has read, and the loop has served others."""
        if not self._unsent:
            self._busy = False
            if not self._keep:
                self._queue.clear()  # requests behind the last one are not answered
                self._close()
            self._answered()
        else:
            self._loop.call_soon(self._send_part)

    def _send_part(self) -> None:
        if self._paused:
            return
        part, self._unsent = self._unsent[:_PART], self._unsent[_PART:]
        if self._transport.is_closing():
            self._unsent = memoryview(b"")
        else:
            self._transport.write(part)
        self._continue_sending()
        self._answer_queued()


def _internal_failure(request: Request, request_id: str) -> Outcome:
    error = ServiceError("InternalFailure", status=500)
    service = identify(request.headers, request.query).service
    if is_hosting(request, service):
        return protocol_for(request.path).encode_error(error, request_id)
    return encode_backend_error(error, request, service, request_id)
