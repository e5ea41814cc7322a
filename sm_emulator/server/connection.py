"""HTTP/1.1 on one connection: httptools parses, the handler answers, inline.

Inline on one event loop, requests are served one after the other, so the same requests produce the
same history. While a request waits, the loop serves other connections; the next request of this one
waits for the response, as HTTP/1.1 requires. Header names are sent as the service writes them, and
there is no `Server` header.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain

import httptools

from sm_emulator.server.dispatcher import Handler, is_admin
from sm_emulator.server.pipeline import ResponsePipeline
from sm_emulator.server.workers import Workers
from sm_emulator.wire.call import identify
from sm_emulator.wire.message import Request, RequestHeaders
from sm_emulator.wire.other_services import is_hosting

_log = logging.getLogger(__name__)
_numbers = itertools.count(1)
# The limit of SageMaker's front end; measured as about 5 MB in 2018, undocumented
HOSTING_BODY = 10 * 1024 * 1024
MAX_HEAD = 64 * 1024
# Bytes that a read may return. Python allocates all of them for each read: by asyncio's own 256 KiB a
# read takes 12 µs instead of 1.4, because the C library returns as much to the system each time
_READ = 64 * 1024
IDLE_SECONDS = 75.0
# How long a head may take to arrive; checked at this interval, so it may take twice as long
HEAD_SECONDS = 20.0
# After its last response a connection reads on for this long: closing it while a client still sends
# would reset it and lose the response
LINGER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a listener.

    `body`: bytes of a request to other services, held in memory. `connections`: the open ones.
    `request_seconds`: how long a request may take to arrive.
    """

    body: int
    connections: int
    request_seconds: float = 300.0


class Connection(asyncio.Protocol):
    """One client connection; `connections` holds the open ones.

    Blocking work runs in threads of `workers`.
    """

    transport: asyncio.Transport

    def __init__(
        self, handler: Handler, connections: set[Connection], workers: Workers, limits: Limits
    ) -> None:
        self._handler = handler
        self._number = next(_numbers)
        self._connections = connections
        self._workers = workers
        self._limits = limits
        self._read_paused = False
        self._parser = httptools.HttpRequestParser(self)
        self._unparsed = self._unsent = 0
        self._in_body = self._ended = self._refused = self._lingering = False

    # -- the connection -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.max_size = _READ  # type: ignore[attr-defined]
        # asyncio sets it only on sockets that were created with proto=IPPROTO_TCP
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.add(self)
        self._loop = asyncio.get_running_loop()
        self._pipeline = ResponsePipeline(
            self._handler, transport, self._loop, self._workers, self._answered, self._close
        )
        self._last_activity = self._began = self._loop.time()
        self._timer = self._loop.call_later(min(IDLE_SECONDS, HEAD_SECONDS), self._check_deadlines)
        if len(self._connections) > self._limits.connections:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        self._connections.discard(self)
        self._timer.cancel()

    def pause_writing(self) -> None:
        """Neither read nor answer requests of a client that does not read its responses."""
        self._pipeline.pause(paused=True)
        self._regulate()

    def resume_writing(self) -> None:
        self._pipeline.pause(paused=False)
        self._regulate()

    def eof_received(self) -> bool:
        """Keep a half-closed connection open until its requests are answered."""
        self._ended = True
        return self._pipeline.pending > 0

    def _answered(self) -> None:
        self._last_activity = self._loop.time()
        if self._ended and not self._pipeline.pending:
            self.transport.close()
        self._regulate()

    def _close(self) -> None:
        """Close after the last response, as soon as the client has received it."""
        if self._ended:
            self.transport.close()
        else:
            self._lingering = True
            self.transport.write_eof()
            self._loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _regulate(self) -> None:
        pause = self._pipeline.is_full
        if pause == self._read_paused or self._ended or self.transport.is_closing():
            return
        self._read_paused = pause
        (self.transport.pause_reading if pause else self.transport.resume_reading)()

    def data_received(self, data: bytes) -> None:
        self._last_activity = self._loop.time()
        if self._refused or self._lingering:
            return
        if not (self._unparsed or self._in_body):
            self._began = self._last_activity
        self._unparsed = 0 if self._in_body else self._unparsed + len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError:
            _log.exception("this is a bug in sm-emulator; please report it")
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(HTTPStatus.BAD_REQUEST)
        if self._unparsed > MAX_HEAD:  # on_header does not report a header without an end
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _check_deadlines(self) -> None:
        """Close an idle connection, and one whose request arrives too slowly."""
        now, unsent = self._loop.time(), self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._last_activity = unsent, now
        deadline = self._last_activity + IDLE_SECONDS
        if self._unparsed:
            deadline = min(deadline, self._began + HEAD_SECONDS)
        elif self._in_body:
            deadline = min(deadline, self._began + self._limits.request_seconds)
        if now >= deadline and (unsent or not self._pipeline.pending):
            (self.transport.abort if unsent else self.transport.close)()
        pause = min(max(deadline - now, 1.0), HEAD_SECONDS)
        self._timer = self._loop.call_later(pause, self._check_deadlines)

    # -- one request, as httptools reports it -------------------------------------------------

    def on_message_begin(self) -> None:
        self._url = b""
        self._raw: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._head_bytes = self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:  # a trailer: ignored, but it counts
            self._count_head(len(name) + len(value) + 4)
        else:
            self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_body = True
        self._unparsed = 0
        headers = self._headers = RequestHeaders(self._raw)
        self._count_head(sum(map(len, chain((self._url,), *self._raw))) + 4 * len(self._raw))
        length = int(headers.get("content-length", "0"))
        # a chunked body has no length in advance
        is_long = length > HOSTING_BODY or headers.get("transfer-encoding", "")
        self._limit = self._limit_of_body() if is_long else HOSTING_BODY
        # the body of an upgrade would be parsed as another protocol; an absolute URL is for a proxy
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
        elif not self._refused:
            self._body.append(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        if self._refused or self._lingering or self.transport.is_closing():
            return
        request = self._request(b"".join(self._body))
        self._body.clear()  # it may be large
        self._pipeline.add(request, keep=self._parser.should_keep_alive())
        self._regulate()

    def _limit_of_body(self) -> int:
        """Return the limit of a body in bytes, by its destination."""
        request = self._request(b"")
        service = identify(request.headers, request.query).service
        is_own = is_admin(request.path) or is_hosting(request, service)
        return HOSTING_BODY if is_own else self._limits.body

    def _request(self, body: bytes) -> Request:
        path, _, query = self._url.decode("latin-1").partition("?")
        return Request(
            self._parser.get_method().decode("ascii"), self._headers, body, path, query, self._number
        )

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer a request that is not acceptable HTTP, and close the connection."""
        if self._refused or self._lingering or self.transport.is_closing():
            return
        self._refused = True
        body = b""
        if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            # the front end's own message (aws/amazon-sagemaker-examples#245, with its limit of 2018)
            body = f"HTTP content length exceeded {self._limit} bytes.".encode()
        self._pipeline.refuse(status, body)
