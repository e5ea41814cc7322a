"""The initial state of scenarios, from the settings. Only this module and emulator.py name real time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Literal

from sm_emulator.clock import Clock, RealClock, VirtualClock
from sm_emulator.config.settings import Settings
from sm_emulator.containers import responses
from sm_emulator.scenario.lifecycle import lifecycle
from sm_emulator.scenario.scenario import Behaviour, Quotas, Runtime, ScenarioConfig
from sm_emulator.scenario.schedule import Schedule
from sm_emulator.store import Store
from sm_emulator.values import seconds


def real_time(name: Literal["time", "monotonic"]) -> Callable[[], float]:
    """Return a function of the module `time` that freezegun does not freeze, even if it is active."""
    real: Callable[[], float] | None = getattr(sys.modules.get("freezegun.api"), f"real_{name}", None)
    return real or getattr(time, name)


def scenario_config(
    settings: Settings,
    transition: Callable[[Store, Schedule, float], None],
    discard: Callable[[str], None],
) -> ScenarioConfig:
    """Return the configuration of scenarios; for the functions see ScenarioConfig."""
    tick = seconds(settings["clock.tick_per_request"])

    def clock() -> Clock:
        if settings["clock.mode"] == "virtual":
            return VirtualClock(tick_per_request=tick)
        return RealClock(real_time("monotonic"), real_time("time")(), settings["clock.scale"])

    return ScenarioConfig(
        seed=settings["seed"],
        consistency=settings["consistency"],
        behaviour=Behaviour(
            lifecycle=lifecycle(settings["lifecycle"]),
            quotas=Quotas(**settings["quotas"]),
            runtime=Runtime(
                responses=responses(settings["models.responses"]),
                timeout=seconds(settings["runtime.timeout_seconds"]),
                exact=settings["runtime.split"] == "exact",
            ),
            filter_after_page=settings["lists.filter_after_page"],
            models_required=settings["models.required"],
            kms_with_local_storage=settings["kms.local_storage"] == "accept",
        ),
        clock=clock,
        journal_limit=settings["journal.limit"],
        transition=transition,
        discard=discard,
        journal_bodies=settings["journal.bodies"],
        faults=settings["faults"],
    )
