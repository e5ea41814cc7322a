"""Responses that arrive with wrong content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sm_emulator.faults.registry import Effect, FaultFunction, ResponseMutation, fault, text
from sm_emulator.wire import Outcome

_VALUE = text("The content type that the response claims.", 200, "^[!-~][ -~]*$", default="text/html")


@fault("after")
def malformed(_: Mapping[str, Any]) -> FaultFunction:
    """Drop the second half of the body, with a matching Content-Length: it is not valid JSON."""
    return _always(lambda outcome: replace(outcome, body=outcome.body[: len(outcome.body) // 2]))


@fault("after", settings={"value": _VALUE})
def content_type(settings: Mapping[str, Any]) -> FaultFunction:
    """Send `value` as Content-Type, whatever the body is."""
    header = ("Content-Type", settings["value"])
    return _always(lambda outcome: _without(outcome, "content-type", header))


@fault("after")
def no_request_id(_: Mapping[str, Any]) -> FaultFunction:
    """Leave out x-amzn-RequestId."""
    return _always(lambda outcome: _without(outcome, "x-amzn-requestid"))


def _always(mutation: ResponseMutation) -> FaultFunction:
    effect = Effect(mutations=(mutation,))
    return lambda _: effect


def _without(outcome: Outcome, header: str, *more: tuple[str, str]) -> Outcome:
    kept = [(name, value) for name, value in outcome.headers if name.lower() != header]
    return replace(outcome, headers=(*kept, *more))
