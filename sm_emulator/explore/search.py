"""The search for the smallest schedule that breaks a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from sm_emulator.explore.choices import Kinds, extensions, is_refusal
from sm_emulator.explore.history import fingerprint, is_absorbed
from sm_emulator.explore.invariant import Invariant
from sm_emulator.explore.mask import Mask, learn
from sm_emulator.explore.oracle import Verdict, judge
from sm_emulator.explore.results import (
    CONFIRMATIONS,
    Break,
    Budget,
    Counts,
    NotExplorableError,
    SpentError,
    Tolerance,
)
from sm_emulator.explore.run import Execute, Run
from sm_emulator.explore.shrink import most_reads, shrink, strongest, with_reads
from sm_emulator.schedule.causes import Cause, Late
from sm_emulator.schedule.fit import MisfitError
from sm_emulator.schedule.schedule import Schedule


@dataclass
class Search:
    """Tries every schedule of at most `k` causes, the fewest first. Its state can be read at any time.

    `execute` runs the program; `now` returns the seconds that a budget is measured in. `progress` is
    called with the search after each run. `ahead` is called with the schedules that are tried next, so
    that they can run at the same time.

    A program that survives a read that is late for as long as is legal is taken to survive fewer, and an
    SDK that absorbs a refusal to absorb it behind another cause, too. `exact`: these are tried as well.
    """

    execute: Execute
    now: Callable[[], float]
    kinds: Kinds = field(default_factory=Kinds)
    k: int = 1
    budget: Budget = field(default_factory=Budget)
    invariants: Sequence[Invariant] = ()
    progress: Callable[[Search], object] = lambda _: None
    exact: bool = False
    ahead: Callable[[Sequence[Schedule]], object] = lambda _: None
    counts: Counts = field(default_factory=Counts, init=False)
    breaks: list[Break] = field(default_factory=list, init=False)
    tolerance: list[Tolerance] = field(default_factory=list, init=False)
    stopped: str = field(default="not begun", init=False)
    reference: Run = field(init=False)
    mask: Mask = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.now()
        self._seen: set[str] = set()
        self._absorbed: set[Cause] = set()
        self._verdicts: dict[str, tuple[Run, Verdict]] = {}

    @property
    def exhausted(self) -> bool:
        """Whether every schedule was tried, and none breaks the program."""
        return not (self.stopped or self.breaks)

    @property
    def seconds(self) -> float:
        """The seconds since it began."""
        return self.now() - self._began

    def run(self) -> None:
        """Search until every schedule was tried, the budget is spent, or Ctrl-C.

        `stopped` says why it ended before its time. Raises NotExplorableError.
        """
        self.stopped = "interrupted"
        try:
            self.learn()
            level = [self.reference]
            for _ in range(self.k):
                level = self._extend(level)
        except SpentError:
            self.stopped = "the budget is spent"
        except KeyboardInterrupt:
            pass
        else:
            self.stopped = ""
        self.breaks.sort(key=lambda each: each.schedule.size)

    def run_only(self, schedule: Schedule) -> None:
        """Judge one schedule instead. Raises NotExplorableError, and MisfitError if it has not acted."""
        self.learn()
        run, verdict = self.judged(schedule)
        for cause in run.unmet:
            raise MisfitError(cause, self.mask.points(run))
        self.counts.tried, self.counts.broken = 1, int(bool(verdict.kind))
        self.stopped = "only the given schedule was to be run"
        if verdict.kind:
            self.breaks.append(Break(schedule, run, verdict, CONFIRMATIONS))

    def learn(self) -> None:
        """Run the program twice under no schedule.

        Raises NotExplorableError where it fails, does not end, makes no request, or is not repeatable.
        """
        self._spend()
        self.reference = first = self._run(Schedule(), self.execute)
        if first.ending.code or first.ending.timed_out:
            error = f": {first.ending.error}" if first.ending.error else ""
            how = "does not end" if first.ending.timed_out else f"fails (exit code {first.ending.code})"
            raise NotExplorableError(f"the program {how} even without any cause{error}")
        if not first.exchanges:
            raise NotExplorableError("no request arrived from the program")
        for each in self.invariants:
            if message := each.broken(first.settled):
                raise NotExplorableError(
                    f"the invariant {each.text!r} does not hold even without any cause: {message}"
                )
        second = self._run(Schedule(), self.execute)
        self.mask = learn(first, second)
        if difference := self._difference(first, second):
            raise NotExplorableError(f"the program is not repeatable: {difference}")
        self._seen.add(fingerprint(first, self.mask))

    def known(self, schedule: Schedule) -> tuple[Run, Verdict] | None:
        """Return the run of a schedule and its verdict, None where it has not run."""
        return self._verdicts.get(str(schedule))

    def judged(self, schedule: Schedule) -> tuple[Run, Verdict]:
        """Return the run of a schedule and its verdict; it runs once at most. Raises SpentError."""
        known = self.known(schedule)
        if known is None:
            known = self._verdicts[str(schedule)] = self.judged_by(self.execute, schedule)
        return known

    def judged_by(self, execute: Execute, schedule: Schedule) -> tuple[Run, Verdict]:
        """Run a schedule in some way, and return the run and its verdict. Raises SpentError."""
        self._spend()
        return self._judge(self._run(schedule, execute))

    def _difference(self, *runs: Run) -> str:
        """Return the first request that only one of two runs under no schedule made, "" for none."""
        requests = [dict.fromkeys(step[:4] for step in self.mask.steps(run)) for run in runs]
        for number, (own, other) in enumerate((requests, requests[::-1]), 1):
            for operation, resource, status, code in own:
                if (operation, resource, status, code) not in other:
                    return f"only run {number} made {operation}({resource}), answered {code or status}"
        return ""

    def _extend(self, level: list[Run]) -> list[Run]:
        """Try each run of a level with one cause more, and return those to extend further."""
        plans = [(base, self._causes(base)) for base in level]
        self.counts.left = sum(len(causes) for _, causes in plans)
        self.ahead([base.schedule.having(cause) for base, causes in plans for cause in causes])
        following = []
        for base, causes in plans:
            for cause in causes:
                schedule = base.schedule.having(cause)
                if not self._is_larger(schedule):
                    following += list(self._try(schedule, base))
                self.counts.left -= 1
        return following

    def _causes(self, base: Run) -> list[Cause]:
        """Return the causes with which a run is to be extended."""
        plan = extensions(base, self.mask, self.kinds)
        causes = [cause for cause in plan.causes if self.exact or cause not in self._absorbed]
        self.counts.folded += plan.folded
        self.counts.taken += len(plan.causes) - len(causes)
        return causes

    def _is_larger(self, schedule: Schedule) -> bool:
        """Return whether a part of a schedule is known to break the program."""
        return any({*strongest(each.schedule)} <= {*schedule.causes} for each in self.breaks)

    def _try(self, schedule: Schedule, base: Run) -> Iterator[Run]:
        """Try a schedule, and yield its run where it is to be extended."""
        run, verdict = self.judged(schedule)
        self.counts.tried += 1
        if verdict.kind:
            self.counts.broken += 1
            self._report(schedule)
            return
        if self.exact and (smaller := self._broken_by_fewer(schedule, run)):
            self.counts.broken += 1
            self._report(smaller)
            return
        self.counts.gave_up += verdict.gave_up
        history = fingerprint(run, self.mask)
        if run.unmet:
            self.counts.unmet += 1
        elif is_absorbed(run, base, self.mask):
            self.counts.absorbed += 1
            if is_refusal(schedule.causes[-1]):
                self._absorbed.add(schedule.causes[-1])
        elif history in self._seen:
            self.counts.equal += 1
        else:
            yield run
        self._seen.add(history)

    def _broken_by_fewer(self, schedule: Schedule, run: Run) -> Schedule | None:
        """Return the schedule with the fewest late reads of the last cause that breaks the program."""
        last = schedule.causes[-1]
        for reads in range(1, most_reads(last, run, self.mask)):
            smaller = with_reads(schedule, last, reads)
            if self.judged(smaller)[1].kind:
                return smaller
        return None

    def _report(self, schedule: Schedule) -> None:
        """Add a schedule that breaks the program to the breaks, shrink it, and run it twice more."""
        place = len(self.breaks)
        run, verdict = self.judged(schedule)
        self.breaks.append(Break(schedule, run, verdict))
        for cause in schedule.causes:
            if isinstance(cause, Late) and cause.reads is None:
                schedule = shrink(
                    schedule,
                    cause,
                    most_reads(cause, run, self.mask),
                    lambda smaller: bool(self.judged(smaller)[1].kind),
                )
        self.breaks[place] = replace(self.breaks[place], schedule=schedule)
        for _ in range(CONFIRMATIONS):
            run, verdict = self.judged_by(self.execute, schedule)
            known = self.breaks[place]
            if verdict.kind == known.kind:
                self.breaks[place] = Break(schedule, run, verdict, known.confirmed + 1)

    def _spend(self) -> None:
        runs, seconds = self.budget.runs, self.budget.seconds
        if runs is not None and self.counts.runs >= runs:
            raise SpentError
        if seconds is not None and self.seconds >= seconds:
            raise SpentError

    def _run(self, schedule: Schedule, execute: Execute) -> Run:
        run = execute(schedule)
        self.counts.runs += 1
        self.counts.virtual_seconds += run.virtual_seconds
        self.progress(self)
        return run

    def _judge(self, run: Run) -> tuple[Run, Verdict]:
        return run, judge(run, self.reference, self.mask, self.invariants)
