"""The backends that the setting `fallthrough` selects: moto, another emulator on loopback, or none."""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from http import HTTPStatus
from threading import Lock
from urllib.parse import urlsplit

from sm_emulator.errors import ServiceError
from sm_emulator.wire import Backend, Outcome, Request, identify

# Valid for one connection only (RFC 9110, 7.6.1), or set by either side itself
_HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "expect", "content-length", "date", "via"),
    }
)


def backend(setting: str) -> Backend | None:
    """Return the backend for `moto`, `off`, or the URL of another emulator."""
    match setting:
        case "moto":
            return MotoBackend()
        case "off":
            return None
        case url:
            return UpstreamBackend(url)


class MotoBackend:
    """moto, loaded at the first request.

    A process has one moto, so emulators that run side by side share its state of an account.
    """

    origin = "moto"

    def __init__(self) -> None:
        self._lock = Lock()
        self._accounts: set[str] = set()

    def __call__(self, request: Request) -> Outcome:
        """Answer a request; it may block. Raises NotImplementedError, ServiceError."""
        with self._lock:  # another thread must not see a half-imported moto
            from sm_emulator.passthrough import moto  # noqa: PLC0415  a heavy import, often not needed

        account = identify(request.headers, request.query).account
        self._accounts.add(account)
        return moto.answer(request, account)

    def discard(self, account: str) -> None:
        """Discard moto's state of an account, if this emulator made any."""
        if account in self._accounts:
            from sm_emulator.passthrough import moto  # noqa: PLC0415  loaded already

            self._accounts.discard(account)
            moto.discard(account)


class UpstreamBackend:
    """Another emulator at `origin`, the URL of a loopback host and a port."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        url = urlsplit(origin)
        self._host, self._port = str(url.hostname), url.port
        self._via = f"1.1 {url.netloc}"

    def __call__(self, request: Request) -> Outcome:
        """Forward a request, and return the response. Raises ServiceError."""
        via = request.headers.get("via", "")
        if self._via in via:
            raise ServiceError(
                "LoopDetected", f"{self.origin} forwards to itself.", status=HTTPStatus.LOOP_DETECTED
            )
        connection = http.client.HTTPConnection(self._host, self._port)
        try:
            return _exchange(connection, request, f"{via}, {self._via}".lstrip(", "))
        except (OSError, http.client.HTTPException) as error:
            raise ServiceError(
                "BadGateway",
                f"no valid response from {self.origin} (setting `fallthrough`): {error!r}",
                status=HTTPStatus.BAD_GATEWAY,
            ) from error
        finally:
            connection.close()


def _exchange(connection: http.client.HTTPConnection, request: Request, via: str) -> Outcome:
    target = f"{request.path}?{request.query}" if request.query else request.path
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in _end_to_end(request.headers.items()):
        connection.putheader(name, value)
    connection.putheader("Via", via)
    connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body)
    response = connection.getresponse()
    headers = _end_to_end(response.getheaders())
    if request.method == "HEAD" and (length := response.getheader("Content-Length")):
        headers.append(("Content-Length", length))
    return Outcome(response.status, tuple(headers), response.read())


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
