"""The marker `sm_explore`: one test, run under every schedule, and one report."""

from __future__ import annotations

from copy import copy
from shlex import quote
from typing import Any
from unittest import TestCase

import pytest
from _pytest.runner import runtestprotocol

from sm_emulator.errors import ConfigurationError
from sm_emulator.explore.plan import Plan
from sm_emulator.explore.results import Break, NotExplorableError
from sm_emulator.explore.run import Run
from sm_emulator.explore.search import Search
from sm_emulator.explore.text import as_text
from sm_emulator.pytest_plugin.fixtures import accounts, check_names
from sm_emulator.pytest_plugin.outcome import SCENARIO
from sm_emulator.pytest_plugin.trial import TRIAL, Trial
from sm_emulator.schedule.fit import MisfitError
from sm_emulator.schedule.schedule import Schedule

_Reports = list[pytest.TestReport]


class _UnsoundError(Exception):
    """A run that says nothing about the test: its set-up or teardown failed, or it was skipped."""

    def __init__(self, reports: _Reports) -> None:
        super().__init__()
        self.reports = reports


def explored(item: pytest.Function, marker: pytest.Mark, nextitem: pytest.Item | None) -> _Reports:
    """Return the reports of an item: of the smallest schedule that breaks it, else of none."""
    runs = _Runs(item, nextitem)
    if reason := _unsupported(item, marker):
        return runs.show(Schedule(), refused=f"marker sm_explore: {reason}")
    failure = refused = ""
    try:
        runs.plan = _plan(item, marker)
        search = runs.plan.search(runs)
        if item.config.getoption("--sm-explore") == "no" and runs.plan.schedule is None:
            return runs.show(Schedule())
        runs.plan.run(search)
    except _UnsoundError as unsound:
        return unsound.reports
    except NotExplorableError as error:
        failure = str(error)
    except (ConfigurationError, MisfitError) as error:
        refused = f"marker sm_explore: {error}"
    if failure or refused:
        return runs.show(Schedule(), failure, refused=refused)
    if search.stopped == "interrupted":
        raise KeyboardInterrupt
    text = _text(search, item)
    found = search.breaks[0].schedule if search.breaks else Schedule()
    return runs.show(found, text if search.breaks else "", text=text, search=search)


def _unsupported(item: pytest.Function, marker: pytest.Mark) -> str:
    """Return why a marker cannot be applied to a test, "" where it can."""
    if marker.args:
        return f"{marker.args[0]!r} needs a name, as in k=1"
    try:
        check_names(marker.kwargs, Plan.__dataclass_fields__)
    except TypeError as error:
        return str(error)
    if item.cls and issubclass(item.cls, TestCase):
        return "methods of unittest.TestCase are not supported: write a function, or a plain class"
    if "sm_emulator" not in item.fixturenames:
        return "the test has no scenario: use sagemaker_client, or sm_emulator_environment"
    return ""


def _plan(item: pytest.Function, marker: pytest.Mark) -> Plan:
    option = item.config.getoption
    given = {"budget": option("--sm-explore-budget"), "schedule": option("--sm-schedule")}
    return Plan(**{**marker.kwargs, **{name: v for name, v in given.items() if v is not None}})


class _Runs:
    """Runs an item under a schedule, with fixtures of every scope set up for each run."""

    def __init__(self, item: pytest.Function, nextitem: pytest.Item | None) -> None:
        self._item, self._nextitem = item, nextitem
        self._account, self._properties = next(accounts), list(item.user_properties)
        self.plan = Plan()

    def __call__(self, schedule: Schedule) -> Run:
        """Return the run of a schedule. Raises _UnsoundError."""
        trial = Trial(self._account, self.plan, schedule)
        reports = self._run(trial, None)
        if trial.run is None or not all(_is_sound(report, trial.run) for report in reports):
            self._add(reports, f"under the schedule {schedule}" if schedule.causes else "")
            raise _UnsoundError(reports)
        return trial.run

    def show(
        self,
        schedule: Schedule,
        failure: str = "",
        *,
        text: str = "",
        search: Search | None = None,
        refused: str = "",
    ) -> _Reports:
        """Return the reports of a schedule, with a text; where nothing is raised, it is a failure."""
        trial = Trial(self._account, self.plan, schedule, shown=True, failure=failure, refused=refused)
        reports = self._run(trial, self._nextitem)
        self._add(reports, text or failure)
        if search:
            outcome = "broken" if search.breaks else search.stopped or "exhausted"
            reports[-1].user_properties.append(("sm_emulator.exploration", outcome))
            for report in reports:
                report.duration += search.seconds if report.when == "call" else 0
        return reports

    def _run(self, trial: Trial, nextitem: pytest.Item | None) -> _Reports:
        item = self._item
        item.stash[TRIAL] = trial
        if SCENARIO in item.stash:
            del item.stash[SCENARIO]
        item.user_properties[:] = self._properties
        item._report_sections.clear()  # noqa: SLF001  pytest adds to those of the run before
        setattr(item, "runtest", lambda: trial.call(item))  # noqa: B010  of this item alone
        try:
            return runtestprotocol(item, log=False, nextitem=nextitem)
        finally:
            del item.runtest

    @staticmethod
    def _add(reports: _Reports, text: str) -> None:
        """Add a text to the report that failed, or to that of the call."""
        failed = next((report for report in reports if report.failed), None)
        if failed is None and text:
            reports[min(1, len(reports) - 1)].sections.append(("sm-emulator explore", text))
        elif failed and text not in failed.longreprtext:
            add: Any = getattr(failed.longrepr, "addsection", lambda *_: None)
            add("sm-emulator explore", text)


def _is_sound(report: pytest.TestReport, run: Run) -> bool:
    """Return whether a report says only what the run says.

    After a test that failed, its fixtures may fail; one that is expected to fail may pass.
    """
    if report.passed or (report.when == "teardown" and run.ending.code):
        return True
    return report.longreprtext.startswith("[XPASS(strict)]")


def _text(search: Search, item: pytest.Item) -> str:
    """Return the report, with the smallest break alone."""
    alone = copy(search)
    alone.breaks = search.breaks[:1]

    def replayed(found: Break) -> str:
        return f"pytest {quote(item.nodeid)} --sm-schedule {quote(str(found.schedule))}"

    plan = item.stash[TRIAL].plan
    return "\n".join(as_text(alone, plan.max_lag_seconds, replayed))
