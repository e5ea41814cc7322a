"""One run of a program under one schedule: what the search asks for, and what it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sm_emulator.journal.exchange import Exchange
from sm_emulator.schedule.causes import Cause
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.schedule.script import Point

# What Describe answers on the leader, by resource as in "EndpointConfig(cfg)"
State = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Ending:
    """How a program ended: its exit code, and the last line or text of the error, "" for none.

    `timed_out`: which limit of time ended it. `injected`: the error is one that the schedule caused.
    """

    code: int
    error: str = ""
    timed_out: Literal["wall", "virtual"] | None = None
    injected: bool = False


@dataclass(frozen=True)
class Run:
    """What happened under `schedule`.

    `at_exit` and `settled` are the resources when the program ended, and after all that was under way.
    `unmet` are the causes that have not acted.
    """

    schedule: Schedule
    ending: Ending
    points: tuple[Point, ...]
    exchanges: tuple[Exchange, ...]
    unmet: tuple[Cause, ...]
    at_exit: State
    settled: State
    seconds: float
    virtual_seconds: float


# Runs the program under a schedule: in this process, in another, or as a test
Execute = Callable[[Schedule], Run]
