"""One run of code of this process in a scenario, under a schedule, on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sm_emulator.clock import real_time
from sm_emulator.control.scenario import Scenario
from sm_emulator.control.schedule import ScenarioSchedule
from sm_emulator.explore.end_state import observe
from sm_emulator.explore.run import Ending, Run
from sm_emulator.journal.exchange import Exchange
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.virtual_sleep import seeded_random, virtual_sleep

_SEED = "100000000016"


@dataclass(frozen=True)
class Limits:
    """The most seconds that a program may take, of real time and by the scenario's clock."""

    wall: float = 60.0
    virtual: float = 86_400.0


class _Ended(BaseException):
    """The program was ended: by a crash, or because its time was over."""

    def __init__(self, timed_out: Literal["wall", "virtual"] | None = None) -> None:
        super().__init__(timed_out)
        self.timed_out = timed_out


@dataclass
class _Guard:
    """Ends a program after a crash, and at its limits of time."""

    schedule: ScenarioSchedule
    now: Callable[[], float]
    deadline: float
    virtual_left: float

    def check(self, **_: object) -> None:
        """End the program if it is time."""
        if self.schedule.crashed:
            raise _Ended
        if self.now() > self.deadline:
            raise _Ended("wall")

    def sleep(self, seconds: float) -> None:
        """Take from the time that is left."""
        self.check()
        self.virtual_left -= seconds
        if self.virtual_left < 0:
            raise _Ended("virtual")


class _Watched(Scenario):
    """The scenario that a program gets: its clients end the program, once it is to end."""

    def __init__(self, scenario: Scenario, guard: _Guard) -> None:
        vars(self).update(vars(scenario), guard=guard)

    def client(self, service: str, **options: Any) -> Any:
        client = super().client(service, **options)
        client.meta.events.register("before-send", vars(self)["guard"].check)
        return client


def run_in(
    scenario: Scenario,
    schedule: Schedule,
    program: Callable[[Scenario], object],
    *,
    max_lag: float,
    limits: Limits,
) -> tuple[Run, BaseException | None]:
    """Run a program under a schedule, after a crash once more. Return the run, and what it raised.

    The scenario's clock is virtual; what exists in it has settled.
    """
    active = scenario.schedule(schedule, max_lag=max_lag)
    now, began = real_time("monotonic"), scenario.clock.now
    started = now()
    guard = _Guard(active, now, started + limits.wall, limits.virtual)
    error = _end(scenario, guard, program)
    if active.crashed:
        active.restart()
        error = _end(scenario, guard, program)
    seconds, virtual_seconds = now() - started, scenario.clock.now - began
    exchanges = tuple(scenario.journal().exchanges)
    run = observe(scenario, active, _ending(error, exchanges), seconds, virtual_seconds)
    active.end()
    return run, error


def _end(
    scenario: Scenario, guard: _Guard, program: Callable[[Scenario], object]
) -> BaseException | None:
    """Run the program to its end, and return what it raised."""

    def sleep(seconds: float) -> None:
        guard.sleep(seconds)
        scenario.clock.advance(seconds)

    try:
        # equal jitter in each run, or runs of one program differ by more than the schedule
        with virtual_sleep(sleep), seeded_random(_SEED):
            program(_Watched(scenario, guard))
    except (Exception, SystemExit, _Ended) as error:  # noqa: BLE001  whatever the program raises
        return error
    return None


def _ending(error: BaseException | None, exchanges: tuple[Exchange, ...]) -> Ending:
    match error:
        case None | SystemExit(code=None | 0):
            return Ending(0)
        case _Ended():
            return Ending(1, timed_out=error.timed_out)
        case SystemExit(code=int(code)):
            return Ending(code)
        case SystemExit():
            return Ending(1, str(error.code))
    text = f"{type(error).__name__}: {error}".strip().splitlines()[-1]
    return Ending(1, text, injected=_is_injected(error, exchanges))


def _is_injected(error: BaseException, exchanges: tuple[Exchange, ...]) -> bool:
    """Return whether an error is the answer to a request that the schedule made fail."""
    failed = [exchange for exchange in exchanges if exchange.faults and not exchange.succeeded]
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        request_id = response.get("ResponseMetadata", {}).get("RequestId")
        return any(exchange.request_id == request_id for exchange in failed)
    lost = type(error).__module__.startswith("botocore") and failed and exchanges[-1] is failed[-1]
    return bool(lost and failed[-1].delivery)
