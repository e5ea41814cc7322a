"""HTTP/1.1 on one connection: httptools parses, the WSGI application answers, inline.

Inline on one event loop, requests are served one after the other, so the same requests give the
same history. Where the way of a request has to wait, the loop goes on with other connections; this
one's next request waits for the answer, as HTTP/1.1 wants. Header names go out as the service writes
them, head and body in one write (two cost 40 ms under Nagle's algorithm with delayed
acknowledgements), and there is no `Server` header.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httptools

from sm_emulator.server.answers import Answers
from sm_emulator.server.app import PREFIX
from sm_emulator.server.environ import environ
from sm_emulator.wire import Request, identify, is_hosting

# What SageMaker's front end takes; measured there as about 5 MB in 2018, documented nowhere
HOSTING_BODY = 10 * 1024 * 1024
MAX_HEAD = 64 * 1024
IDLE_SECONDS = 75.0
# How many requests a client may send ahead of their answers
MAX_AHEAD = 16

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Connection(asyncio.Protocol):
    """One client connection; `connections` holds those that are open.

    What blocks runs in threads of `executor`. `max_body` is how many bytes a request to others may
    have; they are held in memory.
    """

    transport: asyncio.Transport

    def __init__(
        self,
        application: WSGIApplication,
        connections: set[Connection],
        executor: Executor,
        max_body: int,
    ) -> None:
        self._application = application
        self._connections = connections
        self._executor = executor
        self._max_body = max_body
        self._choked = False
        self._parser = httptools.HttpRequestParser(self)
        self._unparsed = 0
        self._in_body = False

    # -- the connection -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._connections.add(self)
        self._peer: tuple[str, int] = transport.get_extra_info("peername")[:2]
        self._local: tuple[str, int] = transport.get_extra_info("sockname")[:2]
        self._loop = asyncio.get_running_loop()
        self._answers = Answers(self._application, transport, self._loop, self._executor, self._answered)
        self._heard = self._loop.time()
        self._idle = self._loop.call_later(IDLE_SECONDS, self._close_if_idle)

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
        if self.transport.is_closing():
            return
        if self._choked or self._answers.pending > MAX_AHEAD:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._unparsed = 0 if self._in_body else self._unparsed + len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(HTTPStatus.BAD_REQUEST)
        if self._unparsed > MAX_HEAD:  # a header that does not end is not told by on_header
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _close_if_idle(self) -> None:
        left = self._heard + IDLE_SECONDS - self._loop.time()
        if left <= 0 and not self._answers.pending:
            self.transport.close()
        else:
            self._idle = self._loop.call_later(max(left, 1.0), self._close_if_idle)

    # -- one request, as httptools tells it ---------------------------------------------------

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._head_bytes = self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        self._count_head(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        self._in_body = True
        self._unparsed = 0
        headers = {name.lower(): value for name, value in self._headers}
        length = int(headers.get("content-length", 0))
        # chunked: it tells no length before
        is_long = length > HOSTING_BODY or "transfer-encoding" in headers
        self._limit = self._limit_of(headers) if is_long else HOSTING_BODY
        if self._parser.should_upgrade():  # its body, if any, would be taken for another protocol
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
        self._answers.add(self._environ(), keep=self._parser.should_keep_alive())
        self._regulate()

    def _limit_of(self, headers: dict[str, str]) -> int:
        """Tell how many bytes a body may have, by whom it is for."""
        request = Request("POST", headers, b"", *self._target())
        is_ours = request.path.startswith(f"{PREFIX}/") or is_hosting(
            request, identify(headers, request.query).service
        )
        return HOSTING_BODY if is_ours else self._max_body

    def _target(self) -> tuple[str, str]:
        path, _, query = self._url.decode("latin-1").partition("?")
        return path, query

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _environ(self) -> dict[str, Any]:
        method = self._parser.get_method().decode("ascii")
        body = b"".join(self._body)
        self._body.clear()  # it may be large
        return {
            **environ(method, *self._target(), self._headers, body, server=self._local),
            "SERVER_PROTOCOL": f"HTTP/{self._parser.get_http_version()}",
            "REMOTE_ADDR": self._peer[0],
        }

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer what is no acceptable HTTP, and hang up."""
        body = b""
        if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            # the front end's own words (aws/amazon-sagemaker-examples#245, with its limit of 2018)
            body = f"HTTP content length exceeded {self._limit} bytes.".encode()
        self._answers.hang_up(f"{status.value} {status.phrase}", body)
