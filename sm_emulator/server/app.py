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

from sm_emulator.admin.blueprint import blueprint
from sm_emulator.control.control import Control
from sm_emulator.gateway.gateway import Gateway
from sm_emulator.server.dispatcher import PREFIX, OriginPolicy, is_admin
from sm_emulator.wire.message import PHRASES, Request, encoded
from sm_emulator.wire.steps import run_steps

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


def create_app(gateway: Gateway, control: Control, allowed_hosts: Sequence[str]) -> flask.Flask:
    """Return the application. The admin API accepts `allowed_hosts` in addition to loopback.

    Our listener calls it only for the admin API. Under any other server, an AWS request waits in its
    thread, and every response is delivered in full.
    """
    app = flask.Flask("sm_emulator", static_folder=None)
    app.register_blueprint(blueprint(control), url_prefix=PREFIX)
    policy, admin_app = OriginPolicy(allowed_hosts), app.wsgi_app

    def wsgi_app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        admin = is_admin(environ["PATH_INFO"])
        refusal = policy.refusal(environ["REQUEST_METHOD"], EnvironHeaders(environ), is_admin=admin)
        if admin and not refusal:
            return admin_app(environ, start_response)
        outcome = refusal or run_steps(gateway(_request(environ)), time.sleep)
        status = outcome.status or HTTPStatus.BAD_GATEWAY.value
        headers = [(name, encoded(value).decode("latin-1")) for name, value in outcome.headers]
        start_response(f"{status} {PHRASES.get(status, 'Unknown')}", headers)
        return (outcome.body,)

    app.wsgi_app = wsgi_app  # type: ignore[method-assign]
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
