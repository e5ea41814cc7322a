"""Reports of scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from sm_emulator.journal import group
from sm_emulator.report import Report, build_report
from sm_emulator.scenario.scenario import ScenarioState


def report_of(scenarios: Sequence[ScenarioState], **options: Any) -> Report:
    """Return the report on one scenario or more, all of one emulator; for `options` see build_report."""
    first = scenarios[0]
    with first.lock:
        faults = [active.rule.name for active in first.faults]
    about = {
        "version": version("sm-emulator"),
        "seed": first.seed,
        "preset": first.consistency.get("preset", "strong"),
        "faults": faults,
        "clock": first.clock.mode,
        "scenarios": [scenario.account for scenario in scenarios],
        "dropped": sum(scenario.journal.dropped for scenario in scenarios),
    }
    virtual = first.clock.mode == "virtual"
    calls = [group(scenario.journal, virtual=virtual) for scenario in scenarios]
    return build_report(calls, about, virtual=virtual, **options)
