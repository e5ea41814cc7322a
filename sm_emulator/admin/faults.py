"""The fault rules of a scenario, over HTTP."""

from __future__ import annotations

from typing import Any

import flask

from sm_emulator.admin.replies import answer, read_json
from sm_emulator.control import Control, ScenarioFaults
from sm_emulator.errors import ConfigurationError, Problem


def add_faults(blueprint: flask.Blueprint, control: Control) -> None:
    """Add the routes to the blueprint of the admin API."""
    path = "/scenarios/<account>/faults"

    def faults(account: str) -> ScenarioFaults:
        return control.scenario(account).faults

    @blueprint.get(path)
    def all_faults(account: str) -> flask.Response:
        return answer(faults(account).all())

    @blueprint.put(path)
    def replace_faults(account: str) -> flask.Response:
        faults(account).replace(read_json())
        return answer(faults(account).all())

    @blueprint.post(path)
    def add_fault(account: str) -> flask.Response:
        faults(account).add(read_json())
        return answer(faults(account).all())

    @blueprint.delete(path)
    def remove_faults(account: str) -> flask.Response:
        faults(account).replace([])
        return answer(faults(account).all())

    @blueprint.get(f"{path}/<name>")
    def one_fault(account: str, name: str) -> flask.Response:
        told = faults(account).one(name)
        if "operation" in flask.request.args:
            told["would"] = faults(account).would_apply(name, **_call())
        return answer(told)

    @blueprint.put(f"{path}/<name>")
    def put_fault(account: str, name: str) -> flask.Response:
        faults(account).put(name, read_json())
        return answer(faults(account).one(name))

    @blueprint.delete(f"{path}/<name>")
    def remove_fault(account: str, name: str) -> flask.Response:
        faults(account).remove(name)
        return answer(faults(account).all())


def _call() -> dict[str, Any]:
    """Read a call that is not made from the query: operation, resource, region, session, attempt."""
    given: dict[str, Any] = flask.request.args.to_dict()
    known = ("operation", "resource", "region", "session", "attempt")
    headers = {name: given[name] for name in given if name not in known}
    call = {name: given[name] for name in given if name in known}
    if "attempt" in call:
        if not call["attempt"].isdecimal():
            raise ConfigurationError(Problem("attempt", f"{call['attempt']!r} is not a whole number"))
        call["attempt"] = int(call["attempt"])
    return {**call, "headers": headers}
