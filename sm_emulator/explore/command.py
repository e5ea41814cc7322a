"""Running a command under schedules: each run gets the same account, empty."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal

from sm_emulator.clock import real_time
from sm_emulator.control import handover, virtual_time
from sm_emulator.control.clients import environment_for
from sm_emulator.control.scenario import Scenario
from sm_emulator.control.schedule import ScenarioSchedule
from sm_emulator.emulator import Emulator
from sm_emulator.errors import SetupError
from sm_emulator.explore.end_state import SETTINGS, observe, settled
from sm_emulator.explore.process import ForkServer, Process, Spawned, last_line
from sm_emulator.explore.run import Ending, Run
from sm_emulator.journal.exchange import Exchange
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.wire.call import DEFAULT_ACCOUNT

# By the scenario's clock; waiters of SDKs take an hour
_VIRTUAL_LIMIT = 86_400.0
# How often a program is looked at: whether a crash is due, or its time is over
_POLL = 0.02


@dataclass(frozen=True)
class Workload:
    """A command, and how it is run.

    `virtual`: its sleeps move the scenario's clock; else the clock is real. `timeout` is in real
    seconds. `setup` is a command that creates what exists before, which is settled unless
    `setup_late`. A read can be late for `max_lag` seconds, `session` are the guarantees in force.
    """

    command: tuple[str, ...]
    virtual: bool
    timeout: float = 120.0
    max_lag: float = 5.0
    setup: tuple[str, ...] = ()
    setup_late: bool = False
    session: tuple[str, ...] = ()


Stopping = Callable[[], bool]
# Starts a command, with its environment, stdout and stderr
Start = Callable[[Sequence[str], dict[str, str], IO[bytes], IO[bytes]], Process]


class CommandRunner:
    """Runs a command under a schedule. Its files are in `folder`; `server` starts it, if there is one.

    `emulator` serves. A run ends early once `stopping` returns true.
    """

    def __init__(
        self,
        workload: Workload,
        emulator: Emulator,
        folder: Path,
        server: ForkServer | None = None,
        stopping: Stopping = lambda: False,
    ) -> None:
        self._workload, self._emulator, self._folder = workload, emulator, folder
        self._start: Start = server.start if server else Spawned
        self._stopping = stopping
        self._now = real_time("monotonic")

    def __call__(self, schedule: Schedule) -> Run:
        """Run the command under a schedule; after a crash, once more.

        Raises OSError where it cannot be started, SetupError where the set-up fails.
        """
        scenario = self._begin()
        active = scenario.schedule(
            schedule,
            max_lag=self._workload.max_lag,
            on_crash=lambda: None,  # which it polls
        )
        started, began = self._now(), scenario.clock.now
        ended = self._run(self._workload.command, self._start, scenario, active)
        if active.crashed:
            active.restart()
            ended = self._run(self._workload.command, self._start, scenario, active)
        seconds, virtual_seconds = self._now() - started, scenario.clock.now - began
        exchanges = tuple(scenario.journal().exchanges)
        ending = replace(ended, injected=_is_injected(ended, exchanges))
        return observe(scenario, active, ending, seconds, virtual_seconds)

    def under(self, *session: str) -> CommandRunner:
        """Return the same under session guarantees."""
        other = copy(self)
        other._workload = replace(self._workload, session=session)  # noqa: SLF001  its own class
        return other

    def _begin(self) -> Scenario:
        """Return the scenario of a new run, with what exists before."""
        workload = self._workload
        scenario = self._emulator.new_scenario(
            DEFAULT_ACCOUNT,
            preset="strong",
            clock="virtual" if workload.virtual else "real",
            settings=SETTINGS,
        )
        if workload.setup:
            before = scenario.schedule(Schedule(), max_lag=workload.max_lag)
            try:
                ended = self._run(workload.setup, Spawned, scenario, before)
            except OSError as error:
                raise SetupError(f"{workload.setup[0]}: {error.strerror or error}") from None
            if ended.code or ended.timed_out:
                raise SetupError(ended.error or f"exit code {ended.code}")
            before.end()
            if not workload.setup_late:
                settled(scenario)
            scenario.clear_journal()
        scenario.consistency({"session": list(workload.session)})
        return scenario

    def _run(
        self, command: tuple[str, ...], start: Start, scenario: Scenario, active: ScenarioSchedule
    ) -> Ending:
        """Run a command until it ends, its time is over, or it is to crash; nothing of it is left."""
        began, deadline = scenario.clock.now, self._now() + self._workload.timeout
        with (
            (self._folder / "stdout").open("w+b") as out,
            (self._folder / "stderr").open("w+b") as error,
        ):
            process = start(command, self._environment(), out, error)
            try:
                timed_out: Literal["wall", "virtual"] | None = None
                while (code := process.wait(_POLL)) is None and not active.crashed:
                    if self._stopping():
                        raise KeyboardInterrupt
                    if self._now() > deadline:
                        timed_out = "wall"
                    elif self._workload.virtual and scenario.clock.now - began > _VIRTUAL_LIMIT:
                        timed_out = "virtual"
                    if timed_out:
                        break
            finally:
                process.end()
            text = last_line(error) or last_line(out)
        code = -9 if code is None else code
        return Ending(code if code >= 0 else 128 - code, text if code else "", timed_out)

    def _environment(self) -> dict[str, str]:
        """Return the environment of a run; its folder holds nothing of the run before."""
        folder = self._folder / "run"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        handover.offer(folder, self._emulator.settings.for_tests())
        return {
            **environment(self._emulator, virtual=self._workload.virtual),
            handover.VARIABLE: str(folder),
        }


def environment(emulator: Emulator, *, virtual: bool) -> dict[str, str]:
    """Return the variables by which a program uses an emulator, and sleeps in its virtual time."""
    own = environment_for(emulator.url, DEFAULT_ACCOUNT, os.environ)
    return own | virtual_time.variables(os.environ) if virtual else own


def _is_injected(ended: Ending, exchanges: Sequence[Exchange]) -> bool:
    """Return whether a program gave up over what the schedule injected.

    That is so where its last failed request failed by a fault, and it names the error; a lost answer
    has no name that all languages share.
    """
    failed = [exchange for exchange in exchanges if not exchange.succeeded]
    if not (ended.code and failed and failed[-1].faults):
        return False
    last = failed[-1]
    return bool(last.delivery) or last.code in ended.error
