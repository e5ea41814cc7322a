"""JSON in, JSON out: what the routes of the admin API share."""

from __future__ import annotations

from typing import Any

import flask
import orjson


class RefusedError(Exception):
    """A request that is refused before it reaches a verb."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def read_json() -> Any:
    """Read the body of the request. Raises RefusedError where it is no JSON."""
    try:
        return orjson.loads(flask.request.get_data())
    except orjson.JSONDecodeError as error:
        raise RefusedError(400, "MalformedJSON", f"the body is not JSON: {error}") from None


def answer(value: object, status: int = 200) -> flask.Response:
    """Answer with a value as JSON."""
    return flask.Response(orjson.dumps(value), status, mimetype="application/json")
