"""Answers that take their time: before the operation, or after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_emulator.consistency.build import build_lag
from sm_emulator.consistency.validation import of_lag
from sm_emulator.errors import ConfigurationError
from sm_emulator.faults.effect import Effect
from sm_emulator.faults.registry import FaultFunction, fault
from sm_emulator.store import Constant
from sm_emulator.values import seconds


@fault("before", "after")
def latency(settings: Mapping[str, Any]) -> FaultFunction:
    """Wait for `delay`: a time, or a distribution of times, of which each occasion draws its own."""
    delay = settings["delay"]
    if isinstance(delay, Mapping):
        problems = list(of_lag(delay, "delay"))
        if problems:
            raise ConfigurationError(*problems)
        lag = build_lag(delay)
    else:
        lag = Constant(seconds(delay))
    return lambda occasion: Effect(delay=lag.sample(occasion.chance))
