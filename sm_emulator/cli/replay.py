"""`run --schedule`: a command under a schedule, killed and started again where the schedule says so."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sm_emulator.cli import child
from sm_emulator.config.settings import Override
from sm_emulator.errors import ConfigurationError, Problem, SetupError

if TYPE_CHECKING:
    from sm_emulator.control.scenario import Scenario
    from sm_emulator.control.schedule import ScenarioSchedule
    from sm_emulator.schedule.file import ScheduleFile

MISFIT = 4
# Longer than any text that a schedule may have, and still a name to look for
_LONGEST_PATH = 1000


def read_schedule(value: str) -> ScheduleFile:
    """Return the schedule that a text or the name of a file gives. Raises ConfigurationError."""
    from sm_emulator.control.schedule import read  # noqa: PLC0415  keeps --help fast

    if not value or len(value) > _LONGEST_PATH or not (Path(value).exists() or value.endswith(".json")):
        return read(value)
    try:
        document = json.loads(Path(value).read_bytes())
    except OSError as error:
        raise ConfigurationError(Problem(value, f"cannot be read: {error.strerror}")) from None
    except ValueError as error:
        raise ConfigurationError(Problem(value, f"is not JSON: {error}")) from None
    if not isinstance(document, Mapping):
        raise ConfigurationError(Problem(value, "is not a schedule file, which is a JSON object"))
    return read(document)


def overrides(file: ScheduleFile) -> list[Override]:
    """Return the settings that a schedule implies: the command line overrides them."""
    seed = [] if file.seed is None else [Override("seed", file.seed, "--schedule")]
    return [Override("reproducible", value=True, origin="--schedule"), *seed]


class Replay:
    """Runs a command under a schedule in a scenario.

    `setup` are the words of a command that creates what exists before, which is settled unless
    `setup_late`.
    """

    def __init__(
        self, scenario: Scenario, file: ScheduleFile, setup: Sequence[str], *, setup_late: bool
    ) -> None:
        self._kill: list[Callable[[], object]] = []
        self._scenario, self._file = scenario, replace(file, seed=None)
        self._setup, self._setup_late = setup, setup_late
        self.schedule: ScenarioSchedule = self._follow()

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> int:
        """Run a command, again after each crash; return its last exit code.

        Raises OSError where it cannot be started, SetupError where the set-up fails.
        """
        if self._setup:
            self._prepare(variables)
        while True:
            code = child.run(command, variables, self._started)
            if not self.schedule.crashed:
                return code
            self.schedule.restart()
            click.echo("schedule: the program was killed, and starts again", err=True)

    def misfit(self) -> str | None:
        """Return why the schedule does not fit the command; None: each of its causes has acted."""
        from sm_emulator.schedule.fit import MisfitError  # noqa: PLC0415  keeps --help fast

        try:
            self.schedule.check()
        except MisfitError as error:
            return str(error)
        return None

    def _prepare(self, variables: Mapping[str, str]) -> None:
        """Run the set-up, with reads as late as they can be later."""
        from sm_emulator.control import handover  # noqa: PLC0415  keeps --help fast
        from sm_emulator.explore.end_state import settled  # noqa: PLC0415
        from sm_emulator.schedule.schedule import Schedule  # noqa: PLC0415

        self._scenario.schedule(replace(self._file, schedule=Schedule()).to_dict())
        try:
            code = child.run(self._setup, variables)
        except OSError as error:
            raise SetupError(f"{self._setup[0]}: {error.strerror or error}") from None
        if code:
            raise SetupError(f"{shlex.join(self._setup)} ended with exit code {code}")
        if not self._setup_late:
            settled(self._scenario)
        self._scenario.clear_journal()
        for seeded in Path(variables[handover.VARIABLE]).glob("*.process"):
            seeded.unlink()  # the command is the first process again, with the jitter of the first
        self.schedule = self._follow()

    def _follow(self) -> ScenarioSchedule:
        return self._scenario.schedule(self._file.to_dict(), on_crash=self._end)

    def _started(self, kill: Callable[[], object]) -> None:
        self._kill = [kill]
        if self.schedule.crashed:  # by a request that was faster than this thread
            kill()

    def _end(self) -> None:
        for kill in self._kill:
            kill()
