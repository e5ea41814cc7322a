"""Requests and outcomes, independent of any HTTP library."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any, Literal, Protocol
from urllib.parse import unquote_to_bytes
from wsgiref.handlers import format_date_time
from wsgiref.util import setup_testing_defaults

from sm_emulator.errors import ServiceError

# The runtime also has statuses that HTTP does not name
PHRASES = {status.value: status.phrase for status in HTTPStatus}
# Characters that would end a header, or its line
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class Headers(Protocol):
    """Request headers by lower-case name: a dict, or werkzeug's."""

    def get(self, name: str, default: str, /) -> str:
        """Return the value of a header."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Return all headers, with their names as received."""


class RequestHeaders:
    """The headers of one request: `raw` in the order received, with the names received."""

    __slots__ = ("_by_name", "_raw")

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._by_name = {_lower(name): value.decode("latin-1") for name, value in raw}
        if len(self._by_name) < len(raw):  # some are repeated
            values: dict[str, list[str]] = {name: [] for name in self._by_name}
            for name, value in self.items():
                values[name.lower()].append(value)
            self._by_name = {name: ",".join(repeated) for name, repeated in values.items()}

    def get(self, name: str, default: str, /) -> str:
        """Return a header by its lower-case name; a repeated one is a comma-separated list."""
        return self._by_name.get(name, default)

    def items(self) -> Iterable[tuple[str, str]]:
        """Return all headers, with their names as received."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._raw]


@lru_cache(maxsize=256)  # clients send the same names in every request
def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


# Created for every request, Request and Outcome are not frozen: that would treble the time of creation
@dataclass(slots=True)
class Request:
    """An HTTP request; `path` is percent-encoded as received, `query` is the part after the `?`.

    `connection` numbers the connection that it came by, 0 where it is unknown.
    """

    method: str
    headers: Headers
    body: bytes
    path: str = "/"
    query: str = ""
    connection: int = 0

    def environ(self) -> dict[str, Any]:
        """Return it as PEP 3333 describes it to an application."""
        described: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "PATH_INFO": unquote_to_bytes(self.path).decode("latin-1"),
            "QUERY_STRING": self.query,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": BytesIO(self.body),
            "wsgi.input_terminated": True,  # so that chunked bodies, which have no length, are read
            "wsgi.errors": sys.stderr,
            "RAW_URI": self.path,
        }
        setup_testing_defaults(described)
        del described["HTTP_HOST"]
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
                key = f"HTTP_{key}"
            described[key] = f"{described[key]},{value}" if key in described else value
        return described


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the delivery of a response fails; only a listener can do this.

    `reset`: the connection is reset, nothing is sent. `close`: it is closed, nothing is sent.
    `truncate`: it is closed after `sent` bytes of the body. `stall`: after these bytes nothing is sent
    for `seconds`, then it is closed.
    """

    kind: Literal["reset", "close", "truncate", "stall"]
    sent: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Outcome:
    """A response; the listener adds Content-Length and Date. `delivery` None means in full."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    delivery: Delivery | None = None

    def head(self, now: float, *, keep: bool) -> bytes:
        """Return status line and headers as HTTP/1.1 has them; unless `keep`, the connection ends."""
        head = [f"HTTP/1.1 {self.status} {PHRASES.get(self.status, 'Unknown')}"]
        head += [f"{name}: {value}" for name, value in self.headers]
        # 204 and 304 have no body, and 204 must not have a Content-Length
        if self.status not in {204, 304} and "Content-Length" not in dict(self.headers):
            head.append(f"Content-Length: {len(self.body)}")
        head.append(f"Date: {_date(int(now))}")
        if not keep:
            head.append("Connection: close")
        text = "\r\n".join(head)
        breaks = len(head) - 1
        if text.count("\n") != breaks or text.count("\r") != breaks or "\0" in text:
            # a header of a model's, moto's or another emulator's must not become two
            text = "\r\n".join(CONTROLS.sub(" ", line) for line in head)
        return b"%b\r\n\r\n" % encoded(text)


def encoded(header: str) -> bytes:
    """Return header text as Latin-1, as servers do, or with other characters as UTF-8."""
    try:
        return header.encode("latin-1")
    except UnicodeEncodeError:
        return header.encode(errors="replace")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return format_date_time(second)


@dataclass(frozen=True, slots=True)
class WireProtocol:
    """Reads requests and writes responses.

    `decode` returns the operation and its payload; it raises ServiceError. `encode` writes a success of
    an operation, `encode_error` an error, both with a request id.
    """

    decode: Callable[[Request], tuple[str, Any]]
    encode: Callable[[str, Mapping[str, Any] | None, str], Outcome]
    encode_error: Callable[[ServiceError, str], Outcome]


class Backend(Protocol):
    """Answers the requests of other services; it may block.

    `origin` is its name in the journal. Raises NotImplementedError for what it does not implement,
    ServiceError where it fails.
    """

    origin: str

    def __call__(self, request: Request, /) -> Outcome:
        """Answer a request."""
