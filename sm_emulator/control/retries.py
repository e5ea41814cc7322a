"""Reports of scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from sm_emulator.journal import JournalFilter, group
from sm_emulator.report import Report, tell
from sm_emulator.scenario.scenario import ScenarioState


def report_of(worlds: Sequence[ScenarioState], most_attempts: int) -> Report:
    """Make the report of one scenario or more, all of one emulator; there is at least one."""
    first = worlds[0]
    about = {
        "version": version("sm-emulator"),
        "seed": first.store.seed,
        "preset": first.consistency.get("preset", "strong"),
        "faults": [standing.rule.name for standing in first.faults],
        "clock": first.clock.mode,
        "scenarios": [world.account for world in worlds],
        "dropped": sum(world.journal.entries(JournalFilter()).dropped for world in worlds),
    }
    virtual = first.clock.mode == "virtual"
    calls = [group(world.journal, virtual=virtual) for world in worlds]
    return tell(calls, about, virtual=virtual, most_attempts=most_attempts)
