"""What came and how the client retried, over HTTP: journal and calls of a scenario."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import flask

from sm_emulator.admin.replies import answer
from sm_emulator.control import Control
from sm_emulator.errors import ConfigurationError, Problem

_PAGE = 1000
_N = TypeVar("_N", int, float)


def add_insight(blueprint: flask.Blueprint, control: Control) -> None:
    """Add the routes to the blueprint of the admin API."""

    @blueprint.get("/scenarios/<account>/journal")
    def journal(account: str) -> flask.Response:
        limit = min(_number("limit", int, least=1) or _PAGE, _PAGE)
        entries = control.scenario(account).journal(
            **_globs(),
            status=_number("status", int),
            since=_number("since", float),
            after=_number("after", int) or 0,
            limit=limit,
        )
        return answer(entries.as_json())

    @blueprint.delete("/scenarios/<account>/journal")
    def clear_journal(account: str) -> flask.Response:
        scenario = control.scenario(account)
        scenario.clear_journal()
        return answer(scenario.summary())

    @blueprint.get("/scenarios/<account>/calls")
    def calls(account: str) -> flask.Response:
        found = control.scenario(account).calls(**_globs())
        return answer([call.as_json() for call in found])

    @blueprint.get("/scenarios/<account>/report")
    def report(account: str) -> flask.Response:
        most = _number("max_attempts", int, least=1)
        found = control.scenario(account).report(**({} if most is None else {"max_attempts": most}))
        match flask.request.args.get("format", "json"):
            case "json":
                return answer(found.as_json())
            case "text":
                return flask.Response(found.as_text(), mimetype="text/plain")
            case "html":
                return flask.Response(found.as_html(), mimetype="text/html")
            case "junit":
                return flask.Response(found.as_junit(), mimetype="application/xml")
            case other:
                raise ConfigurationError(
                    Problem("format", f"{other!r} is not json, text, html or junit")
                )


def _globs() -> dict[str, str]:
    arguments = flask.request.args
    return {name: arguments[name] for name in ("operation", "resource") if name in arguments}


def _number(name: str, kind: Callable[[str], _N], least: int = 0) -> _N | None:
    text = flask.request.args.get(name)
    if text is None:
        return None
    try:
        number = kind(text)
    except ValueError:
        raise ConfigurationError(Problem(name, f"{text!r} is not a number")) from None
    if not number >= least:  # nor is nan
        raise ConfigurationError(Problem(name, f"{text} is below the least allowed, {least}"))
    return number
