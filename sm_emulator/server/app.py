"""The Flask application: `/_emulator/` is routed to the admin API, everything else is AWS's."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import flask
from werkzeug.datastructures import EnvironHeaders
from werkzeug.wsgi import get_input_stream

from sm_emulator.admin import blueprint
from sm_emulator.control import Control
from sm_emulator.gateway.gateway import Gateway
from sm_emulator.server.dispatcher import PREFIX, is_admin
from sm_emulator.server.origin_policy import OriginPolicy
from sm_emulator.server.pipeline import encoded, phrase
from sm_emulator.wire import Request, run_steps

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


class Application(flask.Flask):
    """Answers AWS requests by a gateway, and those of the admin API by Flask's own routing."""

    def __init__(self, gateway: Gateway, origin_policy: OriginPolicy) -> None:
        super().__init__("sm_emulator", static_folder=None)
        self._gateway = gateway
        self._origin_policy = origin_policy

    def wsgi_app(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as PEP 3333 defines it.

        Our listener calls it only for the admin API. Under any other server, a request waits in its
        thread, and every response is delivered in full.
        """
        admin = is_admin(environ["PATH_INFO"])
        received = EnvironHeaders(environ)
        refusal = self._origin_policy.refusal(environ["REQUEST_METHOD"], received, is_admin=admin)
        if admin and not refusal:
            return super().wsgi_app(environ, start_response)
        outcome = refusal or run_steps(self._gateway(_request(environ)), time.sleep)
        status = outcome.status or HTTPStatus.BAD_GATEWAY.value
        headers = [(name, encoded(value).decode("latin-1")) for name, value in outcome.headers]
        start_response(f"{status} {phrase(status)}", headers)
        return (outcome.body,)


def create_app(gateway: Gateway, control: Control, allowed_hosts: Sequence[str]) -> Application:
    """Return the application. The admin API accepts `allowed_hosts` in addition to loopback."""
    app = Application(gateway, OriginPolicy(allowed_hosts))
    app.register_blueprint(blueprint(control), url_prefix=PREFIX)
    return app


def _request(environ: dict[str, Any]) -> Request:
    raw: str = environ.get("RAW_URI", "")  # of gunicorn and werkzeug, with the query
    return Request(
        method=environ["REQUEST_METHOD"],
        headers=EnvironHeaders(environ),
        body=get_input_stream(environ).read(),
        path=raw.partition("?")[0] or quote(environ["PATH_INFO"].encode("latin-1")),
        query=environ["QUERY_STRING"],
    )
