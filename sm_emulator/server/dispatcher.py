"""Dispatch of requests: to the gateway, or for `/_emulator/` to the Flask application.

Web pages of other sites are refused, by the headers that a browser adds to their requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

import orjson

from sm_emulator.values import is_loopback
from sm_emulator.wire.message import Headers, Outcome, Request
from sm_emulator.wire.steps import Steps, Work

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PREFIX = "/_emulator"
_READING = frozenset({"GET", "HEAD"})
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:/?#@,\s]+)(?::[0-9]{0,5})?")
_ORIGIN = re.compile(r"https?://(.+)")
# Returns the steps of a request
Handler = Callable[[Request], Steps]


def is_admin(path: str) -> bool:
    """Return whether a path, percent-decoded, belongs to the admin API."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


@dataclass(frozen=True, slots=True)
class OriginPolicy:
    """Trusts pages and host names of loopback and of `allowed_hosts`."""

    allowed_hosts: Collection[str]

    def refusal(self, method: str, headers: Headers, *, is_admin: bool) -> Outcome | None:
        """Return the refusal of a request, or None to allow it."""
        return self._refused(headers) or (self._of_admin(method, headers) if is_admin else None)

    def _refused(self, headers: Headers) -> Outcome | None:
        """Refuse pages of other sites everywhere, AWS's operations included.

        Browsers name the page in Origin, with every POST and with every request whose response a script
        could read. Requests without Origin (images, links) are marked in Sec-Fetch-Site.
        """
        origin = headers.get("origin", "")
        found = _ORIGIN.fullmatch(origin)
        if origin and not (found and self._trusts(found[1])):
            message = f"origin {origin!r} is neither loopback nor listed in server.allowed_hosts"
            return _refusal(403, "PageNotAllowed", message)
        if not origin and headers.get("sec-fetch-site", "") == "cross-site":
            return _refusal(403, "PageNotAllowed", "the request comes from a web page of another site")
        return None

    def _of_admin(self, method: str, headers: Headers) -> Outcome | None:
        """Protect the admin API: Host against DNS rebinding, content type against forms.

        A page can send a form or plain text across sites, but JSON only after a preflight request.
        A request without a body needs no content type unless a page sends it, which its Origin shows.
        """
        host = headers.get("host", "")
        if not self._trusts(host):
            message = f"host {host!r} is neither loopback nor listed in server.allowed_hosts"
            return _refusal(403, "HostNotAllowed", message)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        length = headers.get("transfer-encoding", "") or headers.get("content-length", "") or "0"
        is_empty = not kind and length == "0" and not headers.get("origin", "")
        if method not in _READING and kind != "application/json" and not is_empty:
            message = f"content type {kind!r}: requests that change state must be application/json"
            return _refusal(415, "UnsupportedMediaType", message)
        return None

    def _trusts(self, authority: str) -> bool:
        found = _AUTHORITY.fullmatch(authority)
        host = found[1].strip("[]") if found else ""
        return host in self.allowed_hosts or is_loopback(host)


class Dispatcher:
    """Passes AWS requests to `gateway`, and others to the WSGI application that `build` returns.

    The application is built at its first request and in a thread, so neither start-up nor an AWS request
    waits for Flask. The origin policy is applied to AWS requests here, to others by the application.
    """

    def __init__(
        self, origin_policy: OriginPolicy, gateway: Handler, build: Callable[[], WSGIApplication]
    ) -> None:
        self._origin_policy = origin_policy
        self._gateway = gateway
        self._build = build

    def __call__(self, request: Request) -> Steps:
        """Return the steps of a request."""
        if request.path != "/" and is_admin(unquote(request.path)):
            return self._admin(request)
        refused, method, headers = self._origin_policy.refusal, request.method, request.headers
        if _is_visit(request) and not refused(method, headers, is_admin=True):
            return immediate(Outcome(302, (("Location", f"{PREFIX}/"),), b""))
        refusal = refused(method, headers, is_admin=False)
        return immediate(refusal) if refusal else self._gateway(request)

    def _admin(self, request: Request) -> Steps:
        outcome: Outcome = yield Work(lambda: answer_by(self._application, request), "admin")
        return outcome

    @cached_property
    def _application(self) -> WSGIApplication:
        return self._build()


def _is_visit(request: Request) -> bool:
    """Return whether a browser opens the address itself: no SDK asks for HTML."""
    named = (request.method, request.path, request.query) == ("GET", "/", "")
    return named and "text/html" in request.headers.get("accept", "")


def _refusal(status: int, code: str, message: str) -> Outcome:
    """Return an error in the form of the admin API."""
    body = orjson.dumps({"error": {"code": code, "message": message, "path": None}})
    return Outcome(status, (("Content-Type", "application/json"),), body)


def immediate(outcome: Outcome) -> Steps:
    """Return the steps of a request that waits for nothing."""
    yield from ()
    return outcome


def answer_by(application: WSGIApplication, request: Request) -> Outcome:
    """Return the response of a WSGI application."""
    from werkzeug.test import run_wsgi_app  # noqa: PLC0415  start-up must not wait for it

    parts, status, headers = run_wsgi_app(application, request.environ(), buffered=True)
    return Outcome(int(status[:3]), tuple(headers), b"".join(parts))
