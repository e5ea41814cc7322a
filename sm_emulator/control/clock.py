"""The clock of a scenario, for callers outside."""

from sm_emulator.scenario.scenarios import ScenarioEntry


class ScenarioClock:
    """The clock of a scenario."""

    def __init__(self, entry: ScenarioEntry) -> None:
        self._entry = entry

    @property
    def mode(self) -> str:
        """`real` or `virtual`."""
        return self._entry.state.clock.mode

    @property
    def now(self) -> float:
        """The time in the scenario, in seconds since 1970."""
        return self._entry.state.clock()

    def advance(self, seconds: float) -> None:
        """Move a virtual clock on by `seconds`.

        Raises ConflictError on a real clock, ConfigurationError for a time that is negative or too long.
        """
        with self._entry.state.lock:
            self._entry.state.clock.advance(seconds)
