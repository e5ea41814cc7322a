"""What a search may take, what it counts, and what it finds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.explore.oracle import Verdict
from sm_emulator.explore.run import Run
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.schedule.script import Basis
from sm_emulator.store.rules import Guarantee
from sm_emulator.values import is_duration, seconds

# Further runs of a schedule before it is reported
CONFIRMATIONS = 2


class SpentError(Exception):
    """The budget is spent."""


class NotExplorableError(Exception):
    """A program that fails without any cause, or that is not repeatable."""


@dataclass(frozen=True)
class Budget:
    """The most runs, and the most seconds, None: without end."""

    runs: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str, source: str = "budget") -> Budget:
        """Return the budget of a text. Raises ConfigurationError, which names `source`."""
        if re.fullmatch(r"[1-9][0-9]{0,8}", text):
            return cls(runs=int(text))
        if is_duration(text) and not text[-1].isdigit():
            return cls(seconds=seconds(text))
        message = f"{text!r} is neither a number of runs nor a time like 60s"
        raise ConfigurationError(Problem(source, message))


@dataclass(frozen=True)
class Break:
    """A smallest schedule that breaks the program, with the run and the verdict.

    `confirmed` counts further runs that it broke in the same way. `guarantees` are the smallest sets of
    session guarantees under which it does not break the program, however often its reads are late;
    None: not measured.
    """

    schedule: Schedule
    run: Run
    verdict: Verdict
    confirmed: int = 0
    guarantees: tuple[tuple[Guarantee, ...], ...] | None = None

    @property
    def repeatable(self) -> bool:
        """Whether it broke in the same way each time."""
        return self.confirmed == CONFIRMATIONS

    @property
    def kind(self) -> str:
        """The class of the break."""
        return self.verdict.kind


@dataclass(frozen=True)
class Cell:
    """How often in a row a kind of cause may act on a call, None: as often as is legal.

    `then`: what one more does, "" where this was not measured.
    """

    survived: int | None
    then: Literal["breaks", "gives up", ""] = ""
    basis: Basis | None = None


@dataclass
class Tolerance:
    """What a program survives at one call, as "CreateEndpoint(ep)": by kind of cause."""

    call: str
    kinds: dict[str, Cell] = field(default_factory=dict)


@dataclass
class Counts:
    """What was tried so far. All but `runs` count schedules, the reference not among them.

    `runs` counts executions of the program. `gave_up`: ended with the injected error. `absorbed` and
    `equal` were not extended; `folded` were not tried, as polls that repeat others, nor were `taken`, as
    refusals that the SDK absorbs alone. `unmet` did not act.
    """

    runs: int = 0
    tried: int = 0
    broken: int = 0
    gave_up: int = 0
    absorbed: int = 0
    equal: int = 0
    folded: int = 0
    taken: int = 0
    unmet: int = 0
    left: int = 0
    virtual_seconds: float = 0.0
