"""`explore_program`: the smallest schedule that breaks a function of Python, or that there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any, Literal

from sm_emulator.emulator import Emulator
from sm_emulator.explore.in_process import InProcess, Program
from sm_emulator.explore.plan import Plan
from sm_emulator.explore.results import Break, Counts
from sm_emulator.explore.run import State
from sm_emulator.explore.search import Search
from sm_emulator.explore.text import as_text
from sm_emulator.explore.trial import Limits
from sm_emulator.schedule.script import Point
from sm_emulator.store.rules import Guarantee


@dataclass(frozen=True)
class Exploration:
    """What was explored and found. Its text is the report of `sm-emulator explore`."""

    search: Search = field(repr=False)
    _name: str
    _max_lag: float = field(repr=False)
    _raised: BaseException | None = field(repr=False)

    @property
    def breaks(self) -> tuple[Break, ...]:
        """The smallest schedules that break the program, the smallest first."""
        return tuple(self.search.breaks)

    @property
    def exhausted(self) -> bool:
        """Whether every schedule was tried, and none breaks the program."""
        return self.search.exhausted

    @property
    def counts(self) -> Counts:
        """What was tried."""
        return self.search.counts

    @property
    def points(self) -> tuple[Point, ...]:
        """The points of the run without any cause, at which causes can act."""
        return self.search.reference.points

    def text(self) -> str:
        """Return the report."""
        return "\n".join(as_text(self.search, self._max_lag, self._replay))

    __str__ = text

    def check(self) -> None:
        """Raise AssertionError with the report where a schedule breaks the program.

        Its cause is what the program raised under the smallest one.
        """
        if self.breaks:
            raise AssertionError(self.text()) from self._raised

    def _replay(self, found: Break) -> str:
        return f"explore_program({self._name}, schedule={str(found.schedule)!r}, …).check()"


def explore_program(
    program: Program,
    *,
    prepare: Program | None = None,
    k: int = 1,
    stale: Literal["all", "documented", "none"] = "all",
    faults: Sequence[str] = ("lost", "503"),
    outcomes: bool = False,
    crash: bool = False,
    exact: bool = False,
    invariants: Sequence[str | Callable[[State], object]] = (),
    budget: int | str | None = None,
    max_lag: float | str = 5.0,
    session: Sequence[Guarantee] = (),
    settings: Mapping[str, Any] | None = None,
    timeout: float = 60.0,
    schedule: str | None = None,
) -> Exploration:
    """Run `program` under every schedule of at most `k` causes, each time with a new scenario.

    The program gets the scenario, and reaches it by `scenario.client("sagemaker")`. `prepare` creates
    what exists before; `settings` are those of the scenario. The others are named as the options of
    `sm-emulator explore`; an invariant is a text, or a function of the resources in the end. With a
    `schedule` only that is run. Raises ConfigurationError; NotExplorableError where the program fails
    without any cause, or is not repeatable; MisfitError where the schedule does not fit it.

        explore_program(deploy, faults=("lost",)).check()
    """
    if iscoroutinefunction(program):
        raise TypeError("the program is a coroutine function: pass one that calls asyncio.run")
    plan = Plan(
        k=k,
        stale=stale,
        faults=faults,
        outcomes=outcomes,
        crash=crash,
        exact=exact,
        invariants=invariants,
        budget=budget,
        max_lag=max_lag,
        session=session,
        schedule=schedule,
    )
    with Emulator() as emulator:
        execute = InProcess(
            program,
            emulator,
            prepare=prepare,
            max_lag=plan.max_lag_seconds,
            settings=settings,
            limits=Limits(wall=timeout),
            session=tuple(session),
        )
        search = plan.search(execute)
        plan.run(search)
        if search.breaks:
            execute(search.breaks[0].schedule)  # for what it raises
    name = getattr(program, "__name__", "program")
    return Exploration(search, name, plan.max_lag_seconds, execute.raised)
