"""What is explored in Python, from the arguments of a function or a marker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sm_emulator.clock import real_time
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.explore.choices import Kinds, refuse
from sm_emulator.explore.invariant import invariant
from sm_emulator.explore.results import Budget
from sm_emulator.explore.run import Execute, State
from sm_emulator.explore.search import Search
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.store.rules import GUARANTEES, Guarantee
from sm_emulator.values import is_duration, seconds


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The arguments, named as the options of `sm-emulator explore`.

    With a `schedule`, only that is run, and judged by the reference.
    """

    k: int = 1
    stale: Literal["all", "documented", "none"] = "all"
    faults: Sequence[str] = ("lost", "503")
    outcomes: bool = False
    crash: bool = False
    exact: bool = False
    invariants: Sequence[str | Callable[[State], object]] = ()
    budget: int | str | None = None
    max_lag: float | str = 5.0
    session: Sequence[Guarantee] = ()
    schedule: str | None = None

    @property
    def max_lag_seconds(self) -> float:
        """The most seconds that a read is late. Raises ConfigurationError."""
        if not is_duration(str(self.max_lag)):
            message = f"{self.max_lag!r} is not a number of seconds, or a duration like 500ms"
            raise ConfigurationError(Problem("max_lag", message))
        return seconds(self.max_lag)

    def search(self, execute: Execute) -> Search:
        """Return the search, which has not begun. Raises ConfigurationError."""
        if type(self.k) is not int or self.k < 1:
            raise ConfigurationError(Problem("k", f"{self.k!r} is not a whole number from 1 on"))
        for guarantee in self.session:
            if guarantee not in GUARANTEES:
                refuse("session", guarantee, GUARANTEES)
        faults = (self.faults,) if isinstance(self.faults, str) else tuple(self.faults)
        kinds = Kinds(self.stale, faults, outcomes=self.outcomes, crash=self.crash)
        if not kinds.words:
            raise ConfigurationError(Problem("faults", "nothing is left that could go wrong"))
        return Search(
            execute,
            real_time("monotonic"),
            kinds,
            k=self.k,
            exact=self.exact,
            budget=Budget() if self.budget is None or self.schedule else Budget.parse(str(self.budget)),
            invariants=[invariant(each) for each in self.invariants],
        )

    def run(self, search: Search) -> None:
        """Search, or judge the schedule. Raises ConfigurationError, NotExplorableError, MisfitError."""
        if self.schedule is None:
            search.run()
        else:
            search.run_only(Schedule.parse(self.schedule))
