"""Responses that are late, incomplete or lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_emulator.consistency.build import build_lag
from sm_emulator.consistency.validation import of_lag
from sm_emulator.errors import ConfigurationError
from sm_emulator.faults.registry import Effect, FaultFunction, fault, integer
from sm_emulator.values import seconds
from sm_emulator.wire import Delivery

_BYTES = integer("How many bytes of the body are sent.", 0, 10000000, default=10)


@fault("before", "after", settings={"delay": {"$ref": "#/$defs/delay_or_duration"}}, required=("delay",))
def latency(settings: Mapping[str, Any]) -> FaultFunction:
    """Wait for `delay`: a duration, or a distribution from which each call draws its own."""
    problems = list(of_lag(settings["delay"], "delay"))
    if problems:
        raise ConfigurationError(*problems)
    lag = build_lag(settings["delay"])
    return lambda context: Effect(delay=lag.sample(context.chance))


@fault("after", "before")
def reset(_: Mapping[str, Any]) -> FaultFunction:
    """Reset the connection: the client sees ECONNRESET."""
    return _always(Delivery("reset"))


@fault("after", "before")
def close(_: Mapping[str, Any]) -> FaultFunction:
    """Close the connection without a response."""
    return _always(Delivery("close"))


@fault("after", settings={"bytes": _BYTES})
def truncate(settings: Mapping[str, Any]) -> FaultFunction:
    """Close the connection after `bytes` of the body; a response without a body arrives whole."""
    return _always(Delivery("truncate", settings["bytes"]))


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
)
def stall(settings: Mapping[str, Any]) -> FaultFunction:
    """Send `bytes` of the body, then nothing for `seconds`, then close the connection."""
    return _always(Delivery("stall", settings["bytes"], seconds(settings["seconds"])))


def _always(delivery: Delivery) -> FaultFunction:
    effect = Effect(delivery=delivery)
    return lambda _: effect
