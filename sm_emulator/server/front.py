"""Who answers what our listener takes: the gateway, or for `/_emulator/` the Flask application."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from urllib.parse import unquote

from sm_emulator.wire import Request, Way

PREFIX = "/_emulator"
# Tells the way of a request
Answering = Callable[[Request], Way]


def is_admin(path: str) -> bool:
    """Tell whether a path, percent-decoded, is one of the admin API."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


class Front:
    """Hands AWS requests to `gateway`, and the others to the application, which is built at the first.

    So neither start-up nor what a program asks of AWS waits for Flask.
    """

    def __init__(self, gateway: Answering, build: Callable[[], Answering]) -> None:
        self._gateway = gateway
        self._build = build

    def __call__(self, request: Request) -> Way:
        """Tell the way of a request."""
        if request.path != "/" and is_admin(unquote(request.path)):
            return self._application(request)
        return self._gateway(request)

    @cached_property
    def _application(self) -> Answering:
        return self._build()
