"""The admin API over HTTP: arguments in, JSON out, one form of error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
import orjson
from werkzeug.exceptions import HTTPException

from sm_emulator.admin.request import AdminRequest, RefusedError, Route, Schema, Text
from sm_emulator.admin.routes import ROUTES
from sm_emulator.control import Control
from sm_emulator.errors import ConfigurationError, ConflictError, NotFoundError


def blueprint(control: Control) -> flask.Blueprint:
    """Return the blueprint. The origin policy of the server decides who may use it."""
    made = flask.Blueprint("admin", __name__)
    made.register_error_handler(Exception, _error)
    for number, route in enumerate(ROUTES):
        rule = route.path.replace("{", "<").replace("}", ">")
        made.add_url_rule(rule, str(number), _view(control, route), methods=[route.verb])

    @made.route("/", defaults={"_path": ""})
    @made.route("/<path:_path>", methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
    def unknown(_path: str) -> flask.Response:
        request = f"{flask.request.method} {flask.request.path}"
        raise RefusedError(404, "NotFound", f"there is no {request} in the admin API")

    return made


def _view(control: Control, route: Route) -> Callable[..., flask.Response]:
    declared = {query.name: query for query in route.query}

    def view(**path: str) -> flask.Response:
        given = flask.request.args.to_dict()
        query = {name: declared[name].read(given.pop(name)) for name in declared if name in given}
        body = None if route.body is None else _body(route.body)
        request = AdminRequest(control, path, query, given, body, creates=route.verb != "get")
        return _response(route.handler(request))

    return view


def _body(schema: Schema) -> Any:
    """Return the body of the request as JSON. Raises RefusedError for members that it may not have."""
    members, required = schema.get("properties"), set(schema.get("required", ()))
    data = flask.request.get_data()
    if members is not None and not (required or data):
        return {}
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise RefusedError(400, "MalformedJSON", f"the body is not JSON: {error}") from None
    if members is not None and not (isinstance(body, dict) and required <= set(body) <= set(members)):
        form = ", ".join(f'"{name}": …' for name in members)
        raise RefusedError(400, "InvalidValue", f"the body is not of the form {{{form}}}")
    return body


def _response(value: object, status: int = 200) -> flask.Response:
    if isinstance(value, Text):
        return flask.Response(value.content, mimetype=value.media_type)
    return flask.Response(orjson.dumps(value), status, mimetype="application/json")


def _error(error: Exception) -> flask.Response:
    message, path = str(error), None
    match error:
        case RefusedError():
            status, code = error.status, error.code
        case ConfigurationError():
            status, code, path = 400, "InvalidValue", error.problems[0].path
        case NotFoundError():
            status, code = 404, "NotFound"
        case ConflictError():
            status, code = 409, "Conflict"
        case HTTPException():
            status, code = error.code or 500, error.name.replace(" ", "")
            message = error.description or error.name
        case _:
            raise error
    return _response({"error": {"code": code, "message": message, "path": path}}, status)
