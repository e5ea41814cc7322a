"""Dispatch of requests: to the gateway, or for `/_emulator/` to the Flask application."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sm_emulator.server.origin_policy import OriginPolicy
from sm_emulator.wire import Outcome, Request, Steps, Work

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PREFIX = "/_emulator"
# Returns the steps of a request
Handler = Callable[[Request], Steps]


def is_admin(path: str) -> bool:
    """Return whether a path, percent-decoded, belongs to the admin API."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


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
        refusal = self._origin_policy.refusal(request.method, request.headers, is_admin=False)
        return immediate(refusal) if refusal else self._gateway(request)

    def _admin(self, request: Request) -> Steps:
        outcome: Outcome = yield Work(lambda: answer_by(self._application, request), "admin")
        return outcome

    @cached_property
    def _application(self) -> WSGIApplication:
        return self._build()


def immediate(outcome: Outcome) -> Steps:
    """Return the steps of a request that waits for nothing."""
    yield from ()
    return outcome


def answer_by(application: WSGIApplication, request: Request) -> Outcome:
    """Return the response of a WSGI application."""
    from werkzeug.test import run_wsgi_app  # noqa: PLC0415  start-up must not wait for it

    parts, status, headers = run_wsgi_app(application, request.environ(), buffered=True)
    return Outcome(int(status[:3]), tuple(headers), b"".join(parts))
