"""HTTP/1.1 on one connection: httptools parses, the gateway answers, inline.

Inline on one event loop, requests are served one after the other, so the same requests give the
same history. Where the way of a request has to wait, the loop goes on with other connections; this
one's next request waits for the answer, as HTTP/1.1 wants. Header names go out as the service writes
them, head and body in one write (two cost 40 ms under Nagle's algorithm with delayed
acknowledgements), and there is no `Server` header.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass
from http import HTTPStatus

import httptools

from sm_emulator.server.answers import Answers
from sm_emulator.server.dispatcher import Answering, is_admin
from sm_emulator.wire import Request, identify, is_hosting
from sm_emulator.wire.headers import RequestHeaders

# What SageMaker's front end takes; measured there as about 5 MB in 2018, documented nowhere
HOSTING_BODY = 10 * 1024 * 1024
MAX_HEAD = 64 * 1024
IDLE_SECONDS = 75.0
# How long a head may take to come; it is looked at as often, so it may take twice that
HEAD_SECONDS = 20.0
# How many requests a client may send ahead of their answers
MAX_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How many bytes a request to others may have, held in memory; how many connections may be open."""

    body: int
    connections: int


class Connection(asyncio.Protocol):
    """One client connection; `connections` holds those that are open.

    What blocks runs in threads of `executor`.
    """

    transport: asyncio.Transport

    def __init__(
        self,
        answering: Answering,
        connections: set[Connection],
        executor: Executor,
        limits: Limits,
    ) -> None:
        self._answering = answering
        self._connections = connections
        self._executor = executor
        self._limits = limits
        self._choked = self._paused = False
        self._parser = httptools.HttpRequestParser(self)
        self._unparsed = 0
        self._in_body = False

    # -- the connection -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._connections.add(self)
        self._loop = asyncio.get_running_loop()
        self._answers = Answers(self._answering, transport, self._loop, self._executor, self._answered)
        self._heard = self._loop.time()
        self._head_began = self._heard
        self._idle = self._loop.call_later(min(IDLE_SECONDS, HEAD_SECONDS), self._close_if_idle)
        if len(self._connections) > self._limits.connections:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        self._connections.discard(self)
        self._idle.cancel()

    def pause_writing(self) -> None:
        """Read no more from a client that does not read what it asked for."""
        self._choked = True
        self._regulate()

    def resume_writing(self) -> None:
        self._choked = False
        self._regulate()

    def _answered(self) -> None:
        self._heard = self._loop.time()
        self._regulate()

    def _regulate(self) -> None:
        pause = self._choked or self._answers.pending > MAX_AHEAD
        if pause == self._paused or self.transport.is_closing():
            return
        self._paused = pause
        (self.transport.pause_reading if pause else self.transport.resume_reading)()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        if not self._unparsed:
            self._head_began = self._heard
        self._unparsed = 0 if self._in_body else self._unparsed + len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(HTTPStatus.BAD_REQUEST)
        if self._unparsed > MAX_HEAD:  # a header that does not end is not told by on_header
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _close_if_idle(self) -> None:
        """Close after a silence, and where a head comes byte by byte: either holds a connection."""
        ends = self._heard + IDLE_SECONDS
        if self._unparsed:
            ends = min(ends, self._head_began + HEAD_SECONDS)
        left = ends - self._loop.time()
        if left <= 0 and not self._answers.pending:
            self.transport.close()
        else:
            pause = min(max(left, 1.0), HEAD_SECONDS)
            self._idle = self._loop.call_later(pause, self._close_if_idle)

    # -- one request, as httptools tells it ---------------------------------------------------

    def on_message_begin(self) -> None:
        self._url = b""
        self._raw: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._head_bytes = self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:  # a trailer: nobody asks for it, but it counts
            self._count_head(len(name) + len(value) + 4)
        else:
            self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_body = True
        self._unparsed = 0
        headers = self._headers = RequestHeaders(self._raw)
        self._count_head(len(self._url) + headers.size)
        length = int(headers.get("content-length", "0"))
        # chunked: it tells no length before
        is_long = length > HOSTING_BODY or headers.get("transfer-encoding", "")
        self._limit = self._limit_of_body() if is_long else HOSTING_BODY
        # the body of an upgrade would be taken for another protocol; a whole URL is for a proxy
        if self._parser.should_upgrade() or not self._url.startswith(b"/"):
            self._refuse(HTTPStatus.BAD_REQUEST)
        elif length > self._limit:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._limit:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif not self.transport.is_closing():
            self._body.append(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        if self.transport.is_closing():
            return
        request = self._request(b"".join(self._body))
        self._body.clear()  # it may be large
        self._answers.add(request, keep=self._parser.should_keep_alive())
        self._regulate()

    def _limit_of_body(self) -> int:
        """Tell how many bytes a body may have, by whom it is for."""
        request = self._request(b"")
        service = identify(request.headers, request.query).service
        is_ours = is_admin(request.path) or is_hosting(request, service)
        return HOSTING_BODY if is_ours else self._limits.body

    def _request(self, body: bytes) -> Request:
        path, _, query = self._url.decode("latin-1").partition("?")
        return Request(self._parser.get_method().decode("ascii"), self._headers, body, path, query)

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer what is no acceptable HTTP, and hang up."""
        body = b""
        if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            # the front end's own words (aws/amazon-sagemaker-examples#245, with its limit of 2018)
            body = f"HTTP content length exceeded {self._limit} bytes.".encode()
        self._answers.hang_up(f"{status.value} {status.phrase}", body)
