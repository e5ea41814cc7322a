"""Time as the emulator sees it; `real_time` names the sources of real time."""

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from typing import Literal

from sm_emulator.errors import ConfigurationError, ConflictError, Problem

# A virtual clock starts at a fixed time, so that the same requests give the same bytes
VIRTUAL_START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
# Later times have no form on the wire
LATEST = 253_402_300_799.0  # 9999-12-31T23:59:59Z
_INSTANT = itertools.repeat(0.0)


def real_time(name: Literal["time", "monotonic"]) -> Callable[[], float]:
    """Return a function of the module `time` that freezegun does not freeze, even if it is active."""
    real: Callable[[], float] | None = getattr(sys.modules.get("freezegun.api"), f"real_{name}", None)
    return real or getattr(time, name)


class RealClock:
    """Real time, `scale` times as fast, from a source that never decreases.

    `monotonic` returns seconds; `start` is the present wall-clock time, in seconds since 1970.
    """

    mode = "real"

    def __init__(self, monotonic: Callable[[], float], start: float, scale: float = 1.0) -> None:
        self._monotonic = monotonic
        self._origin = monotonic()
        self._start = start
        self._scale = scale

    def __call__(self) -> float:
        return self._start + (self._monotonic() - self._origin) * self._scale

    def advance(self, seconds: float) -> None:
        """Refuse to move."""
        raise ConflictError(
            f"a real clock cannot be advanced by {seconds} s; start with clock.mode=virtual"
        )

    def skip(self, seconds: float) -> None:
        """Move on, though time is real: for a scenario whose programs have ended."""
        self._start += seconds

    def tick(self) -> float:
        """Return 0: real time passes by itself."""
        return 0.0


class VirtualClock:
    """Time that moves only by `advance`, and with each request by the next of `round_trips`."""

    mode = "virtual"

    def __init__(self, start: float = VIRTUAL_START, round_trips: Iterator[float] = _INSTANT) -> None:
        self._now = start
        self._round_trips = round_trips

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`. Raises ConfigurationError beyond the year 9999."""
        if not 0 <= seconds <= LATEST - self._now:  # nor is nan
            message = f"{seconds} is not a number of seconds from 0 up to the end of the year 9999"
            raise ConfigurationError(Problem("advance_seconds", message))
        self._now += seconds

    skip = advance

    def tick(self) -> float:
        """Move on by a round trip, and return it."""
        round_trip = next(self._round_trips)
        self._now = min(self._now + round_trip, LATEST)
        return round_trip


# Seconds since 1970, never decreasing
Clock = RealClock | VirtualClock
