"""Cases: a small program, the conditions that it runs under, and the findings that are right."""

from __future__ import annotations

import contextlib
import inspect
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from botocore.exceptions import BotoCoreError, ClientError

from sm_emulator import Emulator, Exchange, Scenario
from sm_emulator.journal.calls import group
from sm_emulator.report.report import build_report
from sm_emulator.report.trace import Run

ACCOUNTS = (f"{number:012d}" for number in itertools.count(200_000_000_001))
# Which reads are late
LATE_CONFIGS = {"types": ["EndpointConfig"], "surfaces": ["load"]}
LATE_ENDPOINTS = {"types": ["Endpoint"], "surfaces": ["describe"], "after": ["create"]}
LATE_UPDATES = {"types": ["Endpoint"], "surfaces": ["describe"], "after": ["update"]}
LATE_DESCRIBES = {"types": ["EndpointConfig"], "surfaces": ["describe"]}
# How long changes of endpoints take
SLOW_UPDATES = {"lifecycle.creating_seconds": 20, "lifecycle.updating_seconds": 20}


@dataclass(frozen=True)
class Case:
    """A program and its expected findings. Its parameters name the clients that it needs.

    `late` is a match of reads, and for how many reads or how long they are stale; `fault` the settings
    of a fault rule; `settings` are those of the scenario. `as_command`: it is judged as a command of
    `sm-emulator run`, whose exit code is known. `all_services`: so are its calls to other services.
    """

    program: Callable[..., object]
    expected: frozenset[str]
    late: tuple[dict[str, Any], int | str] | None = None
    fault: dict[str, Any] = field(default_factory=dict)
    preset: str = "strong"
    settings: dict[str, Any] = field(default_factory=dict)
    as_command: bool = False
    all_services: bool = False

    def __str__(self) -> str:
        return f"{self.program.__name__}[{', '.join(sorted(self.expected)) or 'innocent'}]"


CASES: list[Case] = []


def guilty(*findings: str, **conditions: Any) -> Callable[[Callable[..., object]], Any]:
    """Register a program that must have exactly these findings."""

    def register(program: Callable[..., object]) -> Callable[..., object]:
        CASES.append(Case(program, frozenset(findings), **conditions))
        return program

    return register


def innocent(**conditions: Any) -> Callable[[Callable[..., object]], Any]:
    """Register a program that must have no finding."""
    return guilty(**conditions)


def findings(case: Case, emulator: Emulator) -> set[str]:
    """Run a program, whose sleeping advances the clock instead, and return its findings."""
    scenario = emulator.new_scenario(
        next(ACCOUNTS), preset=case.preset, clock="virtual", settings=case.settings
    )
    try:
        _arrange(case, scenario)
        needs = {name: _client(scenario, name) for name in inspect.signature(case.program).parameters}
        failed = True
        with (
            patch("time.sleep", scenario.clock.advance),
            contextlib.suppress(ClientError, BotoCoreError),
        ):
            case.program(**needs)
            failed = False
        run = Run((case.program.__name__,), int(failed), 1.0) if case.as_command else None
        calls = group(_on_a_fast_machine(scenario.journal().exchanges))
        report = build_report([calls], {}, run=run, all_services=case.all_services)
        return {finding.name for finding in report.findings}
    finally:
        emulator.discard(scenario.account)


def _arrange(case: Case, scenario: Scenario) -> None:
    scenario.client("sagemaker").create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    scenario.clear_journal()
    if case.late:
        match, late = case.late
        lag = {"reads": late} if isinstance(late, int) else {"lag": {"dist": "constant", "value": late}}
        table = {"replicas": {"choice": "stalest"}, "bounds": {"max_lag": "1m"}}
        scenario.consistency({**table, "rules": [{"name": "late", "match": match, **lag}]})
    if case.fault:
        scenario.fault(**case.fault)


def _on_a_fast_machine(exchanges: list[Exchange]) -> Iterator[Exchange]:
    """Yield exchanges whose wall time is the program's, with a hundredth of what the machine took."""
    for exchange in exchanges:
        elapsed = (exchange.wall - exchanges[0].wall) / 100
        yield replace(exchange, wall=exchange.at + elapsed, duration=exchange.duration / 100)


def _client(scenario: Scenario, name: str) -> Any:
    if name == "client":
        return scenario.client
    return scenario.client({"runtime": "sagemaker-runtime"}.get(name, name))


def error_rates(emulator: Emulator, runs: int) -> Iterator[tuple[Case, set[str]]]:
    """Run each case some times, and yield it with the findings of each run."""
    for case in CASES:
        for _ in range(runs):
            yield case, findings(case, emulator)
