"""The schedule of a scenario, for callers outside: put one in force, and read its effect."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

from sm_emulator.config.validation import validate_part
from sm_emulator.errors import NotFoundError
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.schedule.causes import Cause
from sm_emulator.schedule.file import ScheduleFile
from sm_emulator.schedule.fit import check, effects
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.schedule.script import Point, Script
from sm_emulator.values import seconds

_PAGE = 1000


def read(wanted: Schedule | str | Mapping[str, Any]) -> ScheduleFile:
    """Return a schedule that is given as an object, text or file. Raises ConfigurationError."""
    if isinstance(wanted, Schedule):
        return ScheduleFile(wanted)
    if isinstance(wanted, str):
        return ScheduleFile(Schedule.parse(wanted))
    validate_part(wanted, "schedule")
    return ScheduleFile.from_dict(wanted)


class ScenarioSchedule(AbstractContextManager["ScenarioSchedule"]):
    """A schedule in force. Leaving its `with` ends it, and checks that each of its causes has acted."""

    def __init__(self, state: ScenarioState, script: Script) -> None:
        self._state = state
        self._script = script

    @classmethod
    def active(cls, state: ScenarioState) -> ScenarioSchedule:
        """Return the schedule in force. Raises NotFoundError where there is none."""
        if state.script is None:
            raise NotFoundError("no schedule is in force")
        return cls(state, state.script)

    @property
    def schedule(self) -> Schedule:
        """The schedule, with its causes in the order in which they first acted."""
        with self._state.lock:
            return self._script.happened()

    @property
    def points(self) -> tuple[Point, ...]:
        """The points of the run so far."""
        with self._state.lock:
            return tuple(self._script.points)

    @property
    def chosen(self) -> tuple[tuple[Point, str], ...]:
        """The points at which a cause acted, with its text."""
        with self._state.lock:
            return tuple(self._script.chosen)

    @property
    def unmet(self) -> tuple[Cause, ...]:
        """The causes that have not acted."""
        with self._state.lock:
            return self._script.unmet()

    @property
    def crashed(self) -> bool:
        """Whether the program was to end, and has not started again."""
        return self._script.crashed

    def restart(self) -> dict[str, Any]:
        """Answer again after a crash: the program starts again. Return `to_dict`."""
        with self._state.lock:
            self._script.crashed = False
        return self.to_dict()

    def check(self) -> None:
        """Raise MisfitError where a cause has not acted: it names the reason."""
        with self._state.lock:
            check(self._script)

    def end(self) -> dict[str, Any]:
        """End it, if it is still in force; return `to_dict`. Reads are again as the consistency says."""
        if self._state.script is self._script:
            self._state.follow(None)
        return self.to_dict()

    def __exit__(self, _type: object, error: object, _traceback: object) -> None:
        self.end()
        if error is None:
            self.check()

    def to_dict(self, after: int = 0, limit: int = _PAGE) -> dict[str, Any]:
        """Return the schedule, the effect of each cause, and a page of its points."""
        with self._state.lock:
            script, causes = self._script, effects(self._script)
            limit = min(limit, _PAGE)
            points = [point for point in script.points if point.order >= after][: limit + 1]
            chosen = {point.order: words for point, words in script.chosen}
        rows = [
            {**asdict(point), "label": str(point.label), "chosen": chosen.get(point.order)}
            for point in points[:limit]
        ]
        return {
            "schedule": str(script.schedule),
            "causes": causes,
            "points": rows,
            "next": points[limit].order if len(points) > limit else None,
            "writes": script.writes,
            "crashed": script.crashed,
        }


def follow(
    state: ScenarioState, wanted: Schedule | str | Mapping[str, Any], **options: Any
) -> ScenarioSchedule:
    """Put a schedule in force, with what a file has of consistency, seed and lifecycle.

    `options` are those of a Script. Raises ConfigurationError, and changes nothing, for invalid ones.
    """
    file = read(wanted)
    own: dict[str, Any] = {"surfaces": file.surfaces}
    own |= {} if file.max_lag is None else {"max_lag": seconds(file.max_lag)}
    script = Script(file.schedule, **{**own, **options})
    state.follow(script, file.consistency, file.seed, file.lifecycle)
    return ScenarioSchedule(state, script)
