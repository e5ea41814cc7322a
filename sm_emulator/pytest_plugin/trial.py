"""One run of a test under a schedule: what the fixture and the test's function need to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sm_emulator.pytest_plugin.outcome import SCENARIO

if TYPE_CHECKING:
    from sm_emulator.explore.plan import Plan
    from sm_emulator.explore.run import Run
    from sm_emulator.schedule.schedule import Schedule


@dataclass
class Trial:
    """A run of a test, in the scenario of `account`.

    `shown`: it is the one that is reported; `failure` is why it fails then, where nothing is raised.
    `refused`: why it does not begin. `run` is what happened, None before the test's function has ended.
    """

    account: str
    plan: Plan
    schedule: Schedule
    shown: bool = False
    failure: str = ""
    refused: str = ""
    run: Run | None = None

    def options(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the options of the scenario, from those of its marker. Raises ValueError."""
        from sm_emulator.explore.end_state import SETTINGS  # noqa: PLC0415  keeps the plugin cheap

        if wrong := given.keys() - {"seed", "settings"}:
            raise ValueError(f"under sm_explore only seed and settings are allowed, not {min(wrong)}")
        settings = {**SETTINGS, **(given.get("settings") or {})}
        return {
            **given,
            "preset": "strong",
            "clock": "virtual",
            "sleep": "virtual",
            "settings": settings,
        }

    def call(self, item: pytest.Function) -> None:
        """Run the test's function under the schedule. What fixtures made has settled.

        What it raises is raised where the run is shown, and otherwise only kept.
        """
        from sm_emulator.explore.end_state import settled  # noqa: PLC0415  keeps the plugin cheap
        from sm_emulator.explore.trial import Limits, run_in  # noqa: PLC0415

        scenario = item.stash[SCENARIO]
        settled(scenario)
        scenario.clear_journal()
        scenario.consistency({"session": list(self.plan.session)})
        failed: list[BaseException] = []

        def program(_: object) -> None:
            try:
                type(item).runtest(item)
            except pytest.fail.Exception as error:  # not an Exception
                failed[:] = [error]
                raise AssertionError(str(error)) from error

        self.run, raised = run_in(
            scenario, self.schedule, program, max_lag=self.plan.max_lag_seconds, limits=Limits()
        )
        if self.shown and raised:
            raise failed[0] if failed else raised
        if self.shown and self.failure:
            pytest.fail(self.failure, pytrace=False)


TRIAL = pytest.StashKey[Trial]()
