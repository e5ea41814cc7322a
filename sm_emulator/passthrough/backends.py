"""The backends that the setting `fallthrough` selects: moto, another emulator on loopback, or none."""

import http.client
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from threading import Event, Lock
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from sm_emulator.errors import ServiceError
from sm_emulator.values import seconds
from sm_emulator.wire.call import identify
from sm_emulator.wire.message import Backend, Outcome, Request

# Valid for one connection only (RFC 9110, 7.6.1), or set by either side itself
_HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "expect", "content-length", "date", "via"),
    }
)

_PART = 1024 * 1024
# moto computes: where many of its threads begin together, each waits for all the others to release the
# interpreter, and so does the event loop. So each begins after the one before it has ended, or after
# these seconds, since that one may wait for a later one.
_TURN_SECONDS = 0.005


def backend(fallthrough: str, settings: Mapping[str, Any]) -> Backend | None:
    """Return the backend for `moto`, `off`, or the URL of another emulator."""
    match fallthrough:
        case "moto":
            return MotoBackend(settings["allowed_hosts"])
        case "off":
            return None
        case url:
            return UpstreamBackend(url, seconds(settings["timeout"]), settings["max_response"])


class MotoBackend:
    """moto, loaded at the first request.

    A process has one moto, so emulators that run side by side share its state of an account, and the
    `allowed_hosts` to which it may send requests.
    """

    origin = "moto"

    def __init__(self, allowed_hosts: Iterable[str]) -> None:
        self._allowed_hosts = allowed_hosts
        self._lock = Lock()
        self._previous = Event()
        self._previous.set()
        self._accounts: set[str] = set()

    def __call__(self, request: Request) -> Outcome:
        """Answer a request; it may block. Raises NotImplementedError, ServiceError."""
        with self._lock:  # another thread must not see a half-imported moto
            from sm_emulator.passthrough import moto  # noqa: PLC0415  a heavy import, often not needed

            self._previous.wait(_TURN_SECONDS)
            self._previous = done = Event()
        try:
            moto.ALLOWED_HOSTS.update(self._allowed_hosts)
            account = identify(request.headers, request.query).account
            self._accounts.add(account)
            return moto.answer(request, account)
        finally:
            done.set()

    def discard(self, account: str) -> None:
        """Discard moto's state of an account, if this emulator made any."""
        if account in self._accounts:
            from sm_emulator.passthrough import moto  # noqa: PLC0415  loaded already

            self._accounts.discard(account)
            moto.discard(account)


class UpstreamBackend:
    """Another emulator at `origin`, the URL of a loopback host and a port.

    A response must arrive within `timeout` seconds, and have at most `max_response` bytes.
    """

    def __init__(self, origin: str, timeout: float, max_response: int) -> None:
        self.origin = origin
        self._timeout = timeout
        self._max_response = max_response
        self._host = urlsplit(origin).netloc
        self._via = f"1.1 {self._host}"

    def __call__(self, request: Request) -> Outcome:
        """Forward a request, and return the response. Raises ServiceError."""
        via = request.headers.get("via", "")
        if self._via in via:
            raise self._failure(HTTPStatus.LOOP_DETECTED, "it forwards to itself")
        connection = http.client.HTTPConnection(self._host, timeout=self._timeout)
        try:
            return self._exchange(connection, request, f"{via}, {self._via}".lstrip(", "))
        except TimeoutError:
            raise self._failure(
                HTTPStatus.GATEWAY_TIMEOUT, f"no response within {self._timeout:g} s (backend.timeout)"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._failure(HTTPStatus.BAD_GATEWAY, f"no valid response: {error!r}") from error
        finally:
            connection.close()

    def _exchange(self, connection: http.client.HTTPConnection, request: Request, via: str) -> Outcome:
        target = f"{request.path}?{request.query}" if request.query else request.path
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in _end_to_end(request.headers.items()):
            connection.putheader(name, value)
        connection.putheader("Via", via)
        connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        with connection.getresponse() as response:  # it owns the socket where the server will close
            headers = _end_to_end(response.getheaders())
            if request.method == "HEAD" and (length := response.getheader("Content-Length")):
                headers.append(("Content-Length", length))
            return Outcome(response.status, tuple(headers), self._read(response))

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        deadline = monotonic() + self._timeout
        body = bytearray()
        while part := response.read1(_PART):
            body += part
            if len(body) > self._max_response:
                limit = f"more than {self._max_response} bytes (backend.max_response)"
                raise self._failure(HTTPStatus.BAD_GATEWAY, limit)
            if monotonic() > deadline:
                raise TimeoutError
        if response.length:
            raise http.client.IncompleteRead(bytes(body), response.length)
        return bytes(body)

    def _failure(self, status: HTTPStatus, reason: str) -> ServiceError:
        message = f"{self.origin} (setting `fallthrough`): {reason}"
        return ServiceError(status.phrase.replace(" ", ""), message, status=status)


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
