"""What tests did in their scenarios: in reports, in JUnit's properties, in the totals of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sm_emulator.pytest_plugin.options import FAIL_ON

if TYPE_CHECKING:
    from sm_emulator import LogicalCall, Scenario

# The number of calls, and of findings, that the report of a test shows
_SHOWN = 20
SCENARIO = pytest.StashKey["Scenario"]()
REFUSED = pytest.StashKey[list[str]]()


def refusal_of(item: pytest.Item, *, explored: bool) -> str:
    """Return why a test fails that passed, "" where it does not; for what it did, unless `explored`."""
    if refused := item.stash.get(REFUSED, None):
        return refused[0]
    scenario, names = item.stash.get(SCENARIO, None), item.config.stash[FAIL_ON]
    if scenario is None or explored or not names:
        return ""
    found = [finding for finding in scenario.report().findings if finding.name in names]
    return "\n".join(f"{each.name}: {each.message}\n  {each.advice}" for each in found)


def show(report: pytest.TestReport, scenario: Scenario) -> None:
    """Add a section to the report of a test that failed, or made calls.

    That of a failing one is a part of its traceback, where JUnit XML has it too.
    """
    add = getattr(report.longrepr, "addsection", None) if report.failed else None
    if add:
        add("sm-emulator", _section(scenario))
    elif report.failed or (report.when == "call" and scenario.journal().exchanges):
        report.sections.append(("sm-emulator", _section(scenario)))


def properties(scenario: Scenario) -> list[tuple[str, object]]:
    """Return what JUnit XML has as properties of a test."""
    exchanges = scenario.journal().exchanges
    findings = scenario.report().findings if exchanges else []
    summary = scenario.summary()
    return [
        ("sm_emulator.seed", summary["seed"]),
        ("sm_emulator.preset", summary["preset"]),
        ("sm_emulator.calls", len(exchanges) and len(scenario.calls())),
        ("sm_emulator.stale_reads", sum(exchange.stale for exchange in exchanges)),
        ("sm_emulator.findings", ", ".join(finding.name for finding in findings)),
    ]


class Totals:
    """The totals of a session, over all workers of xdist: their reports carry the properties."""

    def __init__(self) -> None:
        self._tests: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the properties of a test that has ended."""
        found = dict(report.user_properties)
        if report.when == "teardown" and "sm_emulator.seed" in found:
            self._tests.append(found)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print one line, where there was a scenario."""
        if not self._tests:
            return
        stale = sum(test["sm_emulator.stale_reads"] for test in self._tests)
        findings = sum(len(test["sm_emulator.findings"].split()) for test in self._tests)
        seeds = sorted({test["sm_emulator.seed"] for test in self._tests})
        terminalreporter.write_line(
            f"sm-emulator: {_count(len(self._tests), 'scenario')}, {_count(stale, 'stale read')}, "
            f"{_count(findings, 'finding')}, {'seed' if len(seeds) == 1 else 'seeds'} {_ranges(seeds)}"
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _ranges(numbers: list[int]) -> str:
    """Return sorted numbers as `0, 3-7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)


def _section(scenario: Scenario) -> str:
    from sm_emulator.values import printable  # noqa: PLC0415  keeps the plugin cheap

    summary = scenario.summary()
    preset, clock = summary["preset"], summary["clock"]["mode"]
    settings = f"seed {summary['seed']}, preset {preset}, {clock} clock, account {scenario.account}"
    calls = map(_line, list(scenario.calls())[-_SHOWN:])
    findings = (f"{found.name}: {found.message}" for found in scenario.report().findings[:_SHOWN])
    return "\n".join(map(printable, [settings, *calls, *findings]))


def _line(call: LogicalCall) -> str:
    """Return a call's outcome, the waits between its attempts, and the stale reads and faults."""
    from sm_emulator.report.summary import duration  # noqa: PLC0415  keeps the plugin cheap

    attempts = f" in {len(call.attempts)} attempts" if len(call.attempts) > 1 else ""
    waits = f", waiting {', '.join(map(duration, call.waits))}" if call.waits else ""
    faults = dict.fromkeys(name for attempt in call.attempts for name in attempt.faults)
    causes = [*(["a stale read"] if call.stale else []), *(f"fault {name}" for name in faults)]
    reason = f"  ({', '.join(causes)})" if causes else ""
    return f"{call.label}: {call.outcome}{attempts}{waits}{reason}"
