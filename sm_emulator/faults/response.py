"""Responses that are late, lost, incomplete or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sm_emulator.consistency.build import build_lag
from sm_emulator.consistency.validation import of_lag
from sm_emulator.errors import ConfigurationError
from sm_emulator.faults.registry import Effect, FaultFunction, always, fault, integer, text
from sm_emulator.values import seconds
from sm_emulator.wire import Delivery, Outcome

_BYTES = integer("How many bytes of the body are sent.", 0, 10000000, default=10)
_VALUE = text("The content type that the response claims.", 200, "^[!-~][ -~]*$", default="text/html")


@fault("before", "after", settings={"delay": {"$ref": "#/$defs/delay_or_duration"}}, required=("delay",))
def latency(settings: Mapping[str, Any]) -> FaultFunction:
    """Wait for `delay`: a duration, or a distribution from which each call draws its own."""
    problems = list(of_lag(settings["delay"], "delay"))
    if problems:
        raise ConfigurationError(*problems)
    lag = build_lag(settings["delay"])
    return lambda context: Effect(delay=lag.sample(context.chance))


@fault("after", "before", decisive=always)
def reset(_: Mapping[str, Any]) -> Effect:
    """Reset the connection: the client sees ECONNRESET."""
    return Effect(delivery=Delivery("reset"))


@fault("after", "before", decisive=always)
def close(_: Mapping[str, Any]) -> Effect:
    """Close the connection without a response."""
    return Effect(delivery=Delivery("close"))


@fault("after", settings={"bytes": _BYTES}, decisive=always)
def truncate(settings: Mapping[str, Any]) -> Effect:
    """Close the connection after `bytes` of the body; a response without a body arrives whole."""
    return Effect(delivery=Delivery("truncate", settings["bytes"]))


@fault(
    "after",
    settings={
        "bytes": _BYTES,
        "seconds": {
            "$ref": "#/$defs/duration",
            "default": "60s",
            "description": "How long nothing is sent; then the connection is closed.",
        },
    },
    decisive=always,
)
def stall(settings: Mapping[str, Any]) -> Effect:
    """Send `bytes` of the body, then nothing for `seconds`, then close the connection."""
    return Effect(delivery=Delivery("stall", settings["bytes"], seconds(settings["seconds"])))


@fault("after")
def malformed(_: Mapping[str, Any]) -> Effect:
    """Drop the second half of the body, with a matching Content-Length: it is not valid JSON."""
    return Effect(
        mutations=(lambda outcome: replace(outcome, body=outcome.body[: len(outcome.body) // 2]),)
    )


@fault("after", settings={"value": _VALUE})
def content_type(settings: Mapping[str, Any]) -> Effect:
    """Send `value` as Content-Type, whatever the body is."""
    header = ("Content-Type", settings["value"])
    return Effect(mutations=(lambda outcome: _without(outcome, "content-type", header),))


@fault("after")
def no_request_id(_: Mapping[str, Any]) -> Effect:
    """Leave out x-amzn-RequestId."""
    return Effect(mutations=(lambda outcome: _without(outcome, "x-amzn-requestid"),))


def _without(outcome: Outcome, header: str, *more: tuple[str, str]) -> Outcome:
    kept = [(name, value) for name, value in outcome.headers if name.lower() != header]
    return replace(outcome, headers=(*kept, *more))
