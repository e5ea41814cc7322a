"""A WSGI application, as our listener asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sm_emulator.wire import Outcome, Request, Steps
from sm_emulator.wire.environ import environ

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class WsgiAdapter:
    """Answers requests by a WSGI application, inline; `server` is the host and port to tell it."""

    def __init__(self, application: WSGIApplication, server: tuple[str, int]) -> None:
        self._application = application
        self._server = server

    def __call__(self, request: Request) -> Steps:
        """Tell the way of a request."""
        yield from ()  # it has no step
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], *_: object
        ) -> Callable[[bytes], object]:
            said.append((status, headers))
            return _no_write

        described = environ(request, self._server)
        body = b"".join(self._application(described, start_response))
        status, headers = said[-1]
        return Outcome(int(status[:3]), tuple(headers), body)


def _no_write(_: bytes) -> object:
    """Stand for PEP 3333's write(), which is for old applications; Flask never calls it."""
    raise NotImplementedError
