"""The answers of one connection, in the order of its requests; a way that waits lets the loop go on."""

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

from sm_emulator.server.dispatcher import Answering
from sm_emulator.wire import Background, Delivery, Outcome, Request, Step, Wait

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_Resume = Callable[[], Step]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Journey:
    """A way, and what becomes of its end."""

    way: Generator[Step, Any, Any]
    arrive: Callable[[Any], object]


class Answers:
    """Answers requests by `answering`, one after the other; `answered` is called after each.

    What blocks runs in threads of `executor`.
    """

    def __init__(
        self,
        answering: Answering,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        executor: Executor,
        answered: Callable[[], None],
    ) -> None:
        self._way_of = answering
        self._transport = transport
        self._loop = loop
        self._executor = executor
        self._answered = answered
        self._ahead: deque[tuple[Request, bool]] = deque()
        self._answering = False
        self._is_head = False

    @property
    def pending(self) -> int:
        """How many requests have no answer yet."""
        return len(self._ahead) + self._answering

    def add(self, request: Request, *, keep: bool) -> None:
        """Answer a request as soon as those before it are; without `keep`, hang up then."""
        self._ahead.append((request, keep))
        self._go_through()

    def hang_up(self, status: str, body: bytes) -> None:
        """Answer what is no request, and close the connection."""
        if not self._transport.is_closing():
            self._write(status, [], body, keep=False)

    def _go_through(self) -> None:
        """Answer what has come, until one has to wait."""
        while self._ahead and not self._answering:
            self._answering = True
            request, self._keep = self._ahead.popleft()
            self._is_head = request.method == "HEAD"
            journey = _Journey(self._way_of(request), self._deliver)
            self._go(_resumed(journey), journey)

    def _go(self, resume: _Resume, journey: _Journey) -> None:
        """Go on with a way up to where it next has to wait, or to its end."""
        try:
            while isinstance(step := resume(), Background):
                self._go_aside(step)
                resume = _resumed(journey)
        except StopIteration as arrived:
            journey.arrive(arrived.value)
            return
        if isinstance(step, Wait):
            self._loop.call_later(step.seconds, self._go_on, _resumed(journey), journey)
            return
        working = self._executor.submit(step.run)
        working.add_done_callback(lambda done: self._wake(_resumed(journey, done), journey))

    def _go_aside(self, step: Background) -> None:
        journey = _Journey(_told_of(step.way), lambda _: None)
        self._go(_resumed(journey), journey)

    def _wake(self, resume: _Resume, journey: _Journey) -> None:
        """Go on in the loop; called in a thread of the executor."""
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile, and so has the client
            self._loop.call_soon_threadsafe(self._go_on, resume, journey)

    def _go_on(self, resume: _Resume, journey: _Journey) -> None:
        self._go(resume, journey)
        self._go_through()

    def _deliver(self, outcome: Outcome) -> None:
        """Send an outcome, or let it fail to arrive as it says; a client that has gone gets neither."""
        headers = list(outcome.headers)
        status = f"{outcome.status} {_phrase(outcome.status)}"
        match outcome.delivery:
            case _ if self._transport.is_closing():
                self._answering = False
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
        self._answering = False
        if not self._transport.is_closing():
            self._write(status, headers, body, keep=self._keep)
        self._answered()

    def _write(self, status: str, headers: list[tuple[str, str]], body: bytes, *, keep: bool) -> None:
        head = [f"HTTP/1.1 {status}\r\n"]
        head += [f"{name}: {value}\r\n" for name, value in headers]
        # 204 and 304 have no body, and 204 must not tell a length
        if not (status[:3] in {"204", "304"} or "Content-Length" in dict(headers)):
            head.append(f"Content-Length: {len(body)}\r\n")
        # real time, always: SDKs set their signing clock by it
        head.append(f"Date: {_date(int(time.time()))}\r\n")
        head.append("\r\n" if keep else "Connection: close\r\n\r\n")
        sent = b"" if self._is_head else body
        self._transport.write("".join(head).encode("latin-1") + sent)
        if not keep:
            self._transport.close()


def _resumed(journey: _Journey, done: Future[Any] | None = None) -> _Resume:
    """Go on with a way, which is told what its work has given or raised."""

    def resume() -> Step:
        if done is None:
            return journey.way.send(None)
        error = done.exception()
        return journey.way.throw(error) if error else journey.way.send(done.result())

    return resume


def _told_of(way: Generator[Step, Any, object]) -> Generator[Step, Any, None]:
    """Go a way for whose end nobody waits, so that nobody else would hear of a bug in it."""
    try:
        yield from way
    except Exception:  # noqa: BLE001  it must not end the event loop's callback
        _log.exception("this is a bug in sm-emulator; please report it")


@cache
def _phrase(status: int) -> str:
    """Name a status; the runtime has some that HTTP does not name."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return format_date_time(second)
