"""The admin API over HTTP: arguments in, JSON out, one form of error."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import flask
import jsonschema_rs
import orjson
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed

from sm_emulator.admin.route import AdminRequest, Query, Route, Schema, Text
from sm_emulator.admin.routes import ROUTES
from sm_emulator.config.validation import MOST_VALUES, check_size
from sm_emulator.control.control import Control
from sm_emulator.errors import ConfigurationError, ConflictError, NotFoundError, Problem
from sm_emulator.scenario.disposal import dispose
from sm_emulator.wire.awsjson import has_more_tokens

_log = logging.getLogger(__name__)
_PART = 500


class MalformedJSON(BadRequest):
    """A body that is not JSON."""

    name = "MalformedJSON"


def blueprint(control: Control) -> flask.Blueprint:
    """Return the blueprint. The origin policy of the server decides who may use it."""
    made = flask.Blueprint("admin", __name__)
    made.register_error_handler(Exception, _error)
    made.app_errorhandler(HTTPException)(_error)  # no route: it belongs to no blueprint
    for number, route in enumerate(ROUTES):
        rule = route.path.replace("{", "<").replace("}", ">")
        made.add_url_rule(rule, str(number), _view(control, route), methods=[route.verb])
    return made


def _view(control: Control, route: Route) -> Callable[..., flask.Response]:
    declared = {query.name: query for query in route.query}

    def view(**path: str) -> flask.Response:
        given = flask.request.args.to_dict()
        query = {name: _argument(declared[name], given.pop(name)) for name in declared if name in given}
        body = None if route.body is None else _body(route.body)
        request = AdminRequest(control, path, query, given, body, creates=route.verb != "get")
        result = [route.handler(request)]
        response = _response(result[0])
        dispose(result)
        return response

    return view


def _argument(query: Query, text: str) -> Any:
    kind = {"integer": int, "number": float}.get(query.schema.get("type", ""), str)
    value: object = text
    with suppress(ValueError):  # its schema refuses the text
        value = kind(text)
    _check(value, query.schema, query.name)
    return value


def _body(schema: Schema) -> Any:
    """Return the body of the request as JSON, checked here if its schema is not a component's."""
    data = flask.request.get_data()
    if not data and not schema.get("required", True):
        return {}
    if has_more_tokens(data, 3 * MOST_VALUES):  # each value is three at most: its key, itself, a comma
        raise ConfigurationError(Problem("", f"has more than {MOST_VALUES} values"))
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise MalformedJSON(f"the body is not JSON: {error}") from None
    check_size(body, "")
    if "properties" in schema:
        _check(body, schema, "body")
    return body


def _check(value: object, schema: Schema, path: str) -> None:
    for error in jsonschema_rs.iter_errors(schema, value, mask="the value"):
        place = ".".join(map(str, error.instance_path))
        raise ConfigurationError(Problem(place or path, error.message))


def _json(value: object) -> Iterator[bytes]:
    """Write JSON in parts: to write or copy it whole would hold the interpreter's lock for long."""
    if isinstance(value, list):
        for start in range(0, len(value) or 1, _PART):
            yield b"," if start else b"["
            yield orjson.dumps(value[start : start + _PART])[1:-1]
        yield b"]"
    elif isinstance(value, dict) and any(isinstance(part, list) for part in value.values()):
        for nth, (name, part) in enumerate(value.items()):
            yield (b"," if nth else b"{") + orjson.dumps(name) + b":"
            yield from _json(part)
        yield b"}"
    else:
        yield orjson.dumps(value)


def _response(value: object, status: int = 200) -> flask.Response:
    if isinstance(value, Text):
        return flask.Response(value.content, mimetype=value.media_type)
    return flask.Response(list(_json(value)), status, mimetype="application/json")


def _error(error: Exception) -> flask.Response:
    message, path = str(error), None
    match error:
        case ConfigurationError():
            status, code, path = 400, "InvalidValue", error.problems[0].path or None
        case NotFoundError():
            status, code = 404, "NotFound"
        case ConflictError():
            status, code = 409, "Conflict"
        case HTTPException():
            status, code = error.code or 500, error.name.replace(" ", "")
            message = f"{flask.request.method} {flask.request.path}: {error.description}"
        case _:
            _log.error("this is a bug in sm-emulator; please report it", exc_info=error)
            status, code, message = 500, "InternalFailure", "this is a bug in sm-emulator"
    response = _response({"error": {"code": code, "message": message, "path": path}}, status)
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response
