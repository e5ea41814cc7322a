"""Another emulator on loopback, to which is handed on what is not ours."""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from sm_emulator.errors import ServiceError
from sm_emulator.wire import Outcome, Request

# Of one connection only (RFC 9110, 7.6.1), or told by either side itself
_HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "expect", "content-length", "date", "via"),
    }
)


class Upstream:
    """The emulator at `origin`, a URL of a loopback host and a port."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        where = urlsplit(origin)
        self._host, self._port = str(where.hostname), where.port
        self._via = f"1.1 {where.netloc}"

    def __call__(self, request: Request) -> Outcome:
        """Hand a request on, and its answer back. Raises ServiceError where nobody answers."""
        passed = request.headers.get("via", "")
        if self._via in passed:
            raise ServiceError(
                "LoopDetected", f"{self.origin} leads back to itself.", status=HTTPStatus.LOOP_DETECTED
            )
        connection = http.client.HTTPConnection(self._host, self._port)
        try:
            return _ask(connection, request, f"{passed}, {self._via}".lstrip(", "))
        except (OSError, http.client.HTTPException) as error:
            raise ServiceError(
                "BadGateway",
                f"{self.origin}, where `fallthrough` leads, does not answer: {error!r}",
                status=HTTPStatus.BAD_GATEWAY,
            ) from error
        finally:
            connection.close()


def _ask(connection: http.client.HTTPConnection, request: Request, via: str) -> Outcome:
    target = f"{request.path}?{request.query}" if request.query else request.path
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in _kept(request.headers.items()):
        connection.putheader(name, value)
    connection.putheader("Via", via)
    connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body)
    answer = connection.getresponse()
    headers = _kept(answer.getheaders())
    if request.method == "HEAD" and (length := answer.getheader("Content-Length")):
        headers.append(("Content-Length", length))
    return Outcome(answer.status, tuple(headers), answer.read())


def _kept(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
