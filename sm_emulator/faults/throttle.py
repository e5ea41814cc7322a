"""Too many requests: a token bucket, or plain refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.faults.effect import Effect
from sm_emulator.faults.error import refusal
from sm_emulator.faults.registry import FaultContext, FaultFunction, fault

_CODE = "ThrottlingException"
# A token that falls due by addition of floats may be late by their rounding
_ROUNDING = 1e-9


@fault("before")
def throttle(settings: Mapping[str, Any]) -> FaultFunction:
    """Refuse what comes faster than `rate` a second, after a `burst`; without a rate, everything.

    Each operation has a bucket in each region.
    """
    if "rate" not in settings:
        if "burst" in settings:
            raise ConfigurationError(Problem("burst", "is of use only with a rate"))
        return lambda occasion: Effect(error=refusal(_CODE, occasion.call))
    between = 1 / settings["rate"]
    slack = (settings.get("burst", 1) - 1) * between + _ROUNDING
    # When each bucket will be full again, less its burst: the generic cell rate algorithm
    full: dict[tuple[str, str], float] = {}

    def strike(occasion: FaultContext) -> Effect | str:
        bucket = (occasion.call.caller.region, occasion.call.operation)
        due = max(full.get(bucket, 0.0), occasion.now)
        if due - occasion.now > slack:
            return Effect(error=refusal(_CODE, occasion.call))
        full[bucket] = due + between
        return "there was a token in the bucket"

    return strike
