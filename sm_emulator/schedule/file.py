"""A schedule as a file: with all that another run needs to see the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from sm_emulator.schedule.schedule import Schedule
from sm_emulator.store.rules import SURFACES, Surface


@dataclass(frozen=True)
class ScheduleFile:
    """A schedule, and what was in force when it was found; None and empty: as the emulator has it.

    `surfaces` are those on which a read can be late, `max_lag` how long, as a duration. `command` is the
    program with its arguments, `emulator` the version of sm-emulator, `reference` a digest of what the
    program did without a cause.
    """

    schedule: Schedule
    consistency: Mapping[str, Any] | None = None
    surfaces: tuple[Surface, ...] = SURFACES
    max_lag: float | str | None = None
    seed: int | None = None
    lifecycle: Mapping[str, Any] | None = None
    command: tuple[str, ...] = ()
    emulator: str = ""
    reference: str = ""
    version: int = field(default=1, init=False)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, without what says nothing."""
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        lists = {name: list(members[name]) for name in ("surfaces", "command")}
        whole = {"version": 1, **members, "schedule": str(self.schedule), **lists}
        return {
            name: value
            for name, value in whole.items()
            if name == "schedule" or value not in (None, "", [])
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return what a document holds that its schema accepted. Raises ScheduleError."""
        members = {name: value for name, value in document.items() if name not in {"$schema", "version"}}
        for name in ("surfaces", "command"):
            if name in members:
                members[name] = tuple(members[name])
        return cls(**{**members, "schedule": Schedule.parse(members["schedule"])})
