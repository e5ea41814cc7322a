"""The Flask application: `POST /` is AWS, `/_emulator/` is ours, nothing else is here yet."""

from __future__ import annotations

from collections.abc import Sequence

import flask

from sm_emulator.control import Control
from sm_emulator.errors import ServiceError
from sm_emulator.gateway import Gateway
from sm_emulator.server.admin import admin
from sm_emulator.wire import Outcome, Request

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class _Reply(flask.Response):
    """A response with just the headers that it was given."""

    default_mimetype = None


def create_app(gateway: Gateway, control: Control, allowed_hosts: Sequence[str]) -> flask.Flask:
    """Build the application. `allowed_hosts`: names beside loopback that may use the admin API."""
    app = flask.Flask("sm_emulator", static_folder=None)

    @app.route("/", methods=_METHODS, provide_automatic_options=False)
    def aws() -> flask.Response:
        request = flask.request
        return _reply(gateway(Request(request.method, request.headers, request.get_data())))

    @app.errorhandler(404)
    @app.errorhandler(405)
    def elsewhere(_error: Exception) -> flask.Response:
        what = f"{flask.request.method} {flask.request.path}"
        return _reply(
            gateway.refuse(
                ServiceError("NotImplemented", f"{what} is not implemented by sm-emulator.", status=501)
            )
        )

    app.register_blueprint(admin(control, allowed_hosts), url_prefix="/_emulator")
    return app


def _reply(outcome: Outcome) -> flask.Response:
    return _Reply(outcome.body, outcome.status, list(outcome.headers))
