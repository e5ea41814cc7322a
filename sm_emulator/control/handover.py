"""What `run` hands to the pytest plugin of its command, and the journals of the tests that it gets back.

The plugin's servers live in the processes of the tests. A folder, named by a variable, connects them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sm_emulator.control.scenario import Scenario
from sm_emulator.journal import Calls, Exchange, ReadSummary, group
from sm_emulator.journal.exchange import MEMBERS

VARIABLE = "SM_EMULATOR_RUN"
_DERIVED = {"outcome", "stale"}


def offer(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write the settings of a run, by key, for the plugin."""
    (folder / "settings.json").write_text(json.dumps(settings))


def offered() -> dict[str, Any]:
    """Return the settings of the run that this process belongs to, none where it belongs to none."""
    folder = os.environ.get(VARIABLE)
    settings: dict[str, Any] = json.loads((Path(folder) / "settings.json").read_text()) if folder else {}
    return settings


def record(scenario: Scenario) -> None:
    """Add the journal of a test's scenario to the run that this process belongs to, if it does."""
    if folder := os.environ.get(VARIABLE):
        exchanges = [exchange.as_json() for exchange in scenario.journal().exchanges]
        line = json.dumps({"virtual": scenario.clock.mode == "virtual", "exchanges": exchanges})
        with (Path(folder) / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(f"{line}\n")


def recorded(folder: Path) -> list[Calls]:
    """Return the calls of each test that was recorded."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]
    tests = [json.loads(line) for line in lines]
    return [group(map(_exchange, test["exchanges"]), virtual=test["virtual"]) for test in tests]


def _exchange(document: Mapping[str, Any]) -> Exchange:
    members = {name: document[name] for name in MEMBERS if name not in _DERIVED}
    reads = tuple(ReadSummary(**read) for read in members.pop("reads"))
    members |= {name: tuple(members[name]) for name in ("faults", "uses")}
    return Exchange(**members, reads=reads)
