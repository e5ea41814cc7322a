"""A schedule in force: at each point it decides, and records what was possible and what was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sm_emulator.schedule.causes import Cause, Label
from sm_emulator.schedule.schedule import Schedule

PointKind = Literal["late", "request", "outcome", "write"]
Basis = Literal["documented", "sdk", "extrapolated"]
# Returns the name of a resource in labels, from its type and its real name
Alias = Callable[[str, str], str]


@dataclass(frozen=True)
class Point:
    """A place in a run where a cause can act, the `order`-th of all, from 0.

    `late`: the request reads `subject`, and may see one of `depth` older versions that look different;
    0: it has no choice. `request`: it arrives. `outcome`: it begins what can fail. `write`: it has
    changed something, and its answer is about to be sent. `basis` says why such a read can be late:
    documented by AWS, stated by AWS's SDK or advice, or extrapolated from these.
    """

    order: int
    label: Label
    kind: PointKind
    subject: str | None = None
    depth: int = 1
    basis: Basis | None = None


class Script:
    """What one scenario holds while `schedule` is in force.

    `points` are those of the run so far, `chosen` those at which a cause acted, with the cause in words.
    """

    def __init__(self, schedule: Schedule, alias: Alias | None = None) -> None:
        self.schedule = schedule
        self.points: list[Point] = []
        self.chosen: list[tuple[Point, str]] = []
        self._alias = alias or (lambda _type, name: name)

    def unmet(self) -> tuple[Cause, ...]:
        """Return the causes that have not acted."""
        return self.schedule.causes
