"""The admin API under /_emulator/: a thin JSON face of control.py."""

from __future__ import annotations

from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from sm_emulator.admin.replies import RefusedError, answer, read_json
from sm_emulator.control import Control, Scenario
from sm_emulator.errors import ConfigurationError, ConflictError, NotFoundError


def admin(control: Control) -> flask.Blueprint:
    """Build the blueprint. Who may use it is decided at the door."""
    blueprint = flask.Blueprint("admin", __name__)

    @blueprint.errorhandler(Exception)
    def refuse(error: Exception) -> flask.Response:
        return _error(error)

    @blueprint.get("/health")
    def health() -> flask.Response:
        return answer({"status": "ok", "version": control.version, "seed": control.seed})

    @blueprint.get("/settings")
    def settings() -> flask.Response:
        return answer(control.settings)

    @blueprint.get("/operations")
    def operations() -> flask.Response:
        return answer(control.operations)

    @blueprint.get("/presets")
    def presets() -> flask.Response:
        return answer(control.presets)

    @blueprint.get("/openapi.json")
    def openapi() -> flask.Response:
        from sm_emulator.admin.openapi import describe  # noqa: PLC0415  start-up must not wait for it

        return answer(describe(control.version))

    @blueprint.get("/scenarios")
    def scenarios() -> flask.Response:
        return answer([scenario.summary() for scenario in control.all()])

    @blueprint.get("/scenarios/<account>")
    def scenario(account: str) -> flask.Response:
        return answer(control.scenario(account).summary())

    @blueprint.put("/scenarios/<account>/consistency")
    def consistency(account: str) -> flask.Response:
        return _changed(control.scenario(account), lambda s: s.use(read_json()))

    @blueprint.put("/scenarios/<account>/seed")
    def seed(account: str) -> flask.Response:
        return _changed(control.scenario(account), lambda s: s.seed(_field("seed")))

    @blueprint.get("/scenarios/<account>/clock")
    def clock(account: str) -> flask.Response:
        return _clock(control.scenario(account))

    @blueprint.post("/scenarios/<account>/clock")
    def advance(account: str) -> flask.Response:
        scenario = control.scenario(account)
        seconds = _field("advance_seconds")
        if type(seconds) not in {int, float}:
            raise RefusedError(400, "InvalidValue", f"advance_seconds: {seconds!r} is not a number")
        scenario.clock.advance(seconds)
        return _clock(scenario)

    @blueprint.post("/scenarios/<account>/settle")
    def settle(account: str) -> flask.Response:
        return _changed(control.scenario(account), Scenario.settle)

    @blueprint.post("/scenarios/<account>/reset")
    def reset(account: str) -> flask.Response:
        return _changed(control.scenario(account), Scenario.reset)

    @blueprint.get("/scenarios/<account>/pending")
    def pending(account: str) -> flask.Response:
        return answer(control.scenario(account).pending())

    @blueprint.get("/scenarios/<account>/resources/<kind>/<name>")
    def resource(account: str, kind: str, name: str) -> flask.Response:
        wanted = {
            key: flask.request.args[key] for key in ("region", "operation") if key in flask.request.args
        }
        return answer(control.scenario(account).resource(kind, name, **wanted))

    @blueprint.get("/scenarios/<account>/history")
    def history(account: str) -> flask.Response:
        return answer(control.scenario(account).history())

    @blueprint.post("/scenarios/<account>/check")
    def check(account: str) -> flask.Response:
        session = _field("session") if flask.request.get_data() not in {b"", b"{}"} else None
        return answer(control.scenario(account).check(session))

    @blueprint.route("/", defaults={"_path": ""})
    @blueprint.route("/<path:_path>", methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
    def unknown(_path: str) -> flask.Response:
        what = f"{flask.request.method} {flask.request.path}"
        raise RefusedError(404, "NotFound", f"there is no {what} in the admin API")

    return blueprint


def _field(name: str) -> Any:
    body = read_json()
    if not isinstance(body, dict) or set(body) != {name}:
        raise RefusedError(400, "InvalidValue", f'the body is not of the form {{"{name}": …}}')
    return body[name]


def _changed(scenario: Scenario, change: Any) -> flask.Response:
    change(scenario)
    return answer(scenario.summary())


def _clock(scenario: Scenario) -> flask.Response:
    return answer({"mode": scenario.clock.mode, "now": scenario.clock.now})


def _error(error: Exception) -> flask.Response:
    path = None
    match error:
        case RefusedError():
            status, code, message = error.status, error.code, str(error)
        case ConfigurationError():
            status, code, message = 400, "InvalidValue", str(error)
            path = error.problems[0].path
        case NotFoundError():
            status, code, message = 404, "NotFound", str(error)
        case ConflictError():
            status, code, message = 409, "Conflict", str(error)
        case HTTPException():
            status, code = error.code or 500, error.name.replace(" ", "")
            message = error.description or error.name
        case _:
            raise error
    return answer({"error": {"code": code, "message": message, "path": path}}, status)
