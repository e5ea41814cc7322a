"""The clock of a scenario, told and moved."""

from __future__ import annotations

from sm_emulator.clock import Clock
from sm_emulator.scenario.scenario import ScenarioState


class ScenarioClock:
    """The clock of a scenario, from outside."""

    def __init__(self, state: ScenarioState) -> None:
        self._state = state

    @property
    def _clock(self) -> Clock:
        return self._state.clock

    @property
    def mode(self) -> str:
        """`real` or `virtual`."""
        return self._clock.mode

    @property
    def now(self) -> float:
        """The time in the scenario, in seconds since 1970."""
        return self._clock()

    def advance(self, seconds: float) -> None:
        """Move a virtual clock on by `seconds`.

        Raises ConflictError on a real clock, ConfigurationError for a negative or endless time.
        """
        with self._state.lock:
            self._clock.advance(seconds)
