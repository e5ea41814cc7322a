"""The initial state of scenarios, from the settings."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial

from sm_emulator.bounds import Bounds
from sm_emulator.clock import Clock, RealClock, VirtualClock, real_time
from sm_emulator.config.settings import Settings
from sm_emulator.consistency.build import build_lag
from sm_emulator.containers import responses
from sm_emulator.journal.journal import Journal
from sm_emulator.scenario.lifecycle import Lifecycle, Transitions
from sm_emulator.scenario.scenario import Behaviour, Quotas, Runtime, ScenarioConfig
from sm_emulator.store.history import History
from sm_emulator.store.lag import uniform
from sm_emulator.store.store import Store
from sm_emulator.values import seconds


def scenario_config(
    settings: Settings,
    transition: Callable[[Store, Transitions, float], None],
    discard: Callable[[str], None],
) -> ScenarioConfig:
    """Return the configuration of scenarios; for the functions see ScenarioConfig."""
    limits = settings["scenarios"]
    network = build_lag(settings["network"])

    def round_trips() -> Iterator[float]:
        for number in itertools.count():
            yield network.sample(uniform(settings["seed"], "network", number))

    def clock() -> Clock:
        if settings["clock.mode"] == "virtual":
            return VirtualClock(round_trips=round_trips())
        return RealClock(real_time("monotonic"), real_time("time")(), settings["clock.scale"])

    return ScenarioConfig(
        seed=settings["seed"],
        consistency=settings["consistency"],
        behaviour=Behaviour(
            lifecycle=Lifecycle(settings["lifecycle"]),
            quotas=Quotas(**settings["quotas"]),
            runtime=Runtime(
                responses=responses(
                    settings["models.responses"], settings["runtime.max_response_bytes"]
                ),
                timeout=seconds(settings["runtime.timeout_seconds"]),
                exact=settings["runtime.split"] == "exact",
            ),
            filter_after_page=settings["lists.filter_after_page"],
            models_required=settings["models.required"],
            kms_with_local_storage=settings["kms.local_storage"] == "accept",
        ),
        clock=clock,
        transition=transition,
        discard=discard,
        journal=partial(Journal, **settings["journal"]),
        history=partial(History, **settings["history"]),
        bounds=partial(Bounds, limits["entries"], limits["background_bytes"]),
        faults=settings["faults"],
    )
