"""Answers that take their time: before the operation, or after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_emulator.consistency import build_lag
from sm_emulator.contradictions import of_lag, seconds
from sm_emulator.errors import ConfigurationError
from sm_emulator.faults.effect import Effect
from sm_emulator.faults.registry import Strike, fault
from sm_emulator.store import Constant


@fault("before", "after")
def latency(settings: Mapping[str, Any]) -> Strike:
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
