"""Answers that arrive, and are not what they should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sm_emulator.faults.effect import Effect, ResponseMutation
from sm_emulator.faults.registry import FaultFunction, fault
from sm_emulator.wire import Outcome

_CONTENT_TYPE = "content-type"
_REQUEST_ID = "x-amzn-requestid"


def _always(damage: ResponseMutation) -> FaultFunction:
    effect = Effect(mutations=(damage,))
    return lambda _: effect


@fault("after")
def malformed(_: Mapping[str, Any]) -> FaultFunction:
    """Leave out the second half of the body, as if it were whole: it is no JSON any more."""
    return _always(lambda outcome: replace(outcome, body=outcome.body[: len(outcome.body) // 2]))


@fault("after")
def content_type(settings: Mapping[str, Any]) -> FaultFunction:
    """Claim the content type `value`, whatever the body is."""
    value = settings.get("value", "text/html")
    return _always(lambda outcome: _without(outcome, _CONTENT_TYPE, ("Content-Type", value)))


@fault("after")
def no_request_id(_: Mapping[str, Any]) -> FaultFunction:
    """Leave out the request id."""
    return _always(lambda outcome: _without(outcome, _REQUEST_ID))


def _without(outcome: Outcome, header: str, *more: tuple[str, str]) -> Outcome:
    kept = [(name, value) for name, value in outcome.headers if name.lower() != header]
    return replace(outcome, headers=(*kept, *more))
