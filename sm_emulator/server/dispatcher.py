"""Who answers what our listener takes: the gateway, or for `/_emulator/` the Flask application."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from urllib.parse import unquote

from sm_emulator.server.origin_policy import OriginPolicy
from sm_emulator.wire import Outcome, Request, Steps

PREFIX = "/_emulator"
# Tells the way of a request
Answering = Callable[[Request], Steps]


def is_admin(path: str) -> bool:
    """Tell whether a path, percent-decoded, is one of the admin API."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


class Dispatcher:
    """Hands AWS requests to `gateway`, and the others to the application, which is built at the first.

    So neither start-up nor what a program asks of AWS waits for Flask. Requests for the gateway pass
    `door` here, the others in the application.
    """

    def __init__(
        self, origin_policy: OriginPolicy, gateway: Answering, build: Callable[[], Answering]
    ) -> None:
        self._origin_policy = origin_policy
        self._gateway = gateway
        self._build = build

    def __call__(self, request: Request) -> Steps:
        """Tell the way of a request."""
        if request.path != "/" and is_admin(unquote(request.path)):
            return self._application(request)
        shut = self._origin_policy.refusal(request.method, request.headers, is_admin=False)
        return _at_once(shut) if shut else self._gateway(request)

    @cached_property
    def _application(self) -> Answering:
        return self._build()


def _at_once(outcome: Outcome) -> Steps:
    yield from ()  # it has no step
    return outcome
