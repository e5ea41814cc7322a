"""The responses of one connection, in the order of its requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any
from wsgiref.handlers import format_date_time

from sm_emulator.server.dispatcher import Handler
from sm_emulator.wire import Background, Delivery, Outcome, Request, Step, Wait

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_Resume = Callable[[], Step]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Task:
    """The steps of a request, and the function that receives their result."""

    steps: Generator[Step, Any, Any]
    finish: Callable[[Any], object]


class ResponsePipeline:
    """Answers requests by `handler`, one after the other; `answered` is called after each.

    Blocking work runs in threads of `executor`; while a request waits, the loop serves others.
    """

    def __init__(
        self,
        handler: Handler,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        executor: Executor,
        answered: Callable[[], None],
    ) -> None:
        self._handler = handler
        self._transport = transport
        self._loop = loop
        self._executor = executor
        self._answered = answered
        self._queue: deque[tuple[Request, bool]] = deque()
        self._busy = False
        self._is_head = False

    @property
    def pending(self) -> int:
        """The number of requests without a response."""
        return len(self._queue) + self._busy

    def add(self, request: Request, *, keep: bool) -> None:
        """Answer a request after those before it; unless `keep`, close the connection then."""
        self._queue.append((request, keep))
        self._answer_queued()

    def refuse(self, status: str, body: bytes) -> None:
        """Answer a request that could not be parsed, and close the connection."""
        if not self._transport.is_closing():
            self._write(status, [], body, keep=False)

    def _answer_queued(self) -> None:
        """Answer the queued requests, up to the first that has to wait."""
        while self._queue and not self._busy:
            self._busy = True
            request, self._keep = self._queue.popleft()
            self._is_head = request.method == "HEAD"
            task = _Task(self._handler(request), self._deliver)
            self._run(_resumption(task), task)

    def _run(self, resume: _Resume, task: _Task) -> None:
        """Run a task until it has to wait, or to its end."""
        try:
            while isinstance(step := resume(), Background):
                self._start_background(step)
                resume = _resumption(task)
        except StopIteration as end:
            task.finish(end.value)
            return
        if isinstance(step, Wait):
            self._loop.call_later(step.seconds, self._continue, _resumption(task), task)
            return
        working = self._executor.submit(step.run)
        working.add_done_callback(lambda done: self._wake(_resumption(task, done), task))

    def _start_background(self, step: Background) -> None:
        task = _Task(_logging_bugs(step.steps), lambda _: None)
        self._run(_resumption(task), task)

    def _wake(self, resume: _Resume, task: _Task) -> None:
        """Continue a task in the loop; called in a thread of the executor."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it the connection
            self._loop.call_soon_threadsafe(self._continue, resume, task)

    def _continue(self, resume: _Resume, task: _Task) -> None:
        self._run(resume, task)
        self._answer_queued()

    def _deliver(self, outcome: Outcome) -> None:
        """Send an outcome, or fail to as it says; nothing is sent to a client that has gone."""
        headers = list(outcome.headers)
        status = f"{outcome.status} {_phrase(outcome.status)}"
        match outcome.delivery:
            case _ if self._transport.is_closing():
                self._busy = False
            case None:
                self._send(status, headers, outcome.body)
            case Delivery("reset"):
                connection = self._transport.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                self._transport.abort()
            case Delivery("close"):
                self._transport.close()
            case Delivery(kind, sent, seconds):
                headers.append(("Content-Length", str(len(outcome.body))))
                self._write(status, headers, outcome.body[:sent], keep=True)
                self._loop.call_later(seconds if kind == "stall" else 0, self._transport.close)

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self._busy = False
        if not self._transport.is_closing():
            self._write(status, headers, body, keep=self._keep)
        self._answered()

    def _write(self, status: str, headers: list[tuple[str, str]], body: bytes, *, keep: bool) -> None:
        head = [f"HTTP/1.1 {status}\r\n"]
        head += [f"{name}: {value}\r\n" for name, value in headers]
        # 204 and 304 have no body, and 204 must not have a Content-Length
        if not (status[:3] in {"204", "304"} or "Content-Length" in dict(headers)):
            head.append(f"Content-Length: {len(body)}\r\n")
        # always real time: SDKs set their signing clock by it
        head.append(f"Date: {_date(int(time.time()))}\r\n")
        head.append("\r\n" if keep else "Connection: close\r\n\r\n")
        sent = b"" if self._is_head else body
        self._transport.write("".join(head).encode("latin-1") + sent)
        if not keep:
            self._transport.close()


def _resumption(task: _Task, done: Future[Any] | None = None) -> _Resume:
    """Return the function that resumes a task with the result or the error of its work."""

    def resume() -> Step:
        if done is None:
            return task.steps.send(None)
        error = done.exception()
        return task.steps.throw(error) if error else task.steps.send(done.result())

    return resume


def _logging_bugs(steps: Generator[Step, Any, object]) -> Generator[Step, Any, None]:
    """Run background steps, and log their exceptions, which no request would report."""
    try:
        yield from steps
    except Exception:  # noqa: BLE001  it must not end the event loop's callback
        _log.exception("this is a bug in sm-emulator; please report it")


@cache
def _phrase(status: int) -> str:
    """Return the reason phrase; the runtime has statuses that HTTP does not name."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return format_date_time(second)
