"""The Flask application: `/_emulator/` is routed to the admin API, everything else is AWS's."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import flask
from werkzeug.datastructures import EnvironHeaders

from sm_emulator.control import Control
from sm_emulator.gateway import Gateway
from sm_emulator.server.admin import admin
from sm_emulator.server.environ import HEADERS
from sm_emulator.server.faults import add_faults
from sm_emulator.server.insight import add_insight
from sm_emulator.wire import Request, follow

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

PREFIX = "/_emulator"
# What our listener puts into the environ: it follows the way of a request itself
CARRY = "sm_emulator.carry"


class Application(flask.Flask):
    """Answers AWS requests by a gateway, before Flask's own routing, which has the admin API."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__("sm_emulator", static_folder=None)
        self._gateway = gateway

    def wsgi_app(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as PEP 3333 has it.

        Under our listener a way is handed to it, and nothing is answered here. Any other server's
        thread waits where the way says so, and delivers every answer in full.
        """
        path: str = environ["PATH_INFO"]
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            return super().wsgi_app(environ, start_response)
        way = self._gateway(_request(environ))
        if carry := environ.get(CARRY):
            carry(way)
            return ()
        outcome = follow(way, time.sleep)
        status = HTTPStatus(outcome.status or HTTPStatus.BAD_GATEWAY)
        start_response(f"{status.value} {status.phrase}", list(outcome.headers))
        return (outcome.body,)


def create_app(gateway: Gateway, control: Control, allowed_hosts: Sequence[str]) -> Application:
    """Build the application. `allowed_hosts`: names beside loopback that may use the admin API."""
    app = Application(gateway)
    blueprint = admin(control, allowed_hosts)
    add_faults(blueprint, control)
    add_insight(blueprint, control)
    app.register_blueprint(blueprint, url_prefix=PREFIX)
    return app


class _Headers(EnvironHeaders):
    """Header names as they came, where our listener tells them."""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.environ[HEADERS]) if HEADERS in self.environ else super().__iter__()


def _request(environ: dict[str, Any]) -> Request:
    return Request(
        method=environ["REQUEST_METHOD"],
        headers=_Headers(environ),
        body=environ["wsgi.input"].read(),
        path=environ.get("RAW_URI") or quote(environ["PATH_INFO"].encode("latin-1")),
        query=environ["QUERY_STRING"],
    )
