"""Answers that do not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_emulator.faults.effect import Effect
from sm_emulator.faults.registry import FaultFunction, fault
from sm_emulator.values import seconds
from sm_emulator.wire import Delivery

_BYTES = 10
_SECONDS = 60.0


def _always(delivery: Delivery) -> FaultFunction:
    effect = Effect(delivery=delivery)
    return lambda _: effect


@fault("after", "before")
def reset(_: Mapping[str, Any]) -> FaultFunction:
    """Reset the connection: the client meets ECONNRESET."""
    return _always(Delivery("reset"))


@fault("after", "before")
def close(_: Mapping[str, Any]) -> FaultFunction:
    """Close the connection without an answer."""
    return _always(Delivery("close"))


@fault("after")
def truncate(settings: Mapping[str, Any]) -> FaultFunction:
    """Close the connection after `bytes` of the answer's body."""
    return _always(Delivery("truncate", settings.get("bytes", _BYTES)))


@fault("after")
def stall(settings: Mapping[str, Any]) -> FaultFunction:
    """Send `bytes` of the answer's body, then nothing for `seconds`, then close the connection."""
    silence = seconds(settings.get("seconds", _SECONDS))
    return _always(Delivery("stall", settings.get("bytes", _BYTES), silence))
