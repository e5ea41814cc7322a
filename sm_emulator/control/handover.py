"""What `run` hands to the pytest plugin of its command, and the journals of the tests that it gets back.

The plugin's servers live in the processes of the tests. A folder, named by a variable, connects them.
"""

import json
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sm_emulator.control.scenario import Scenario
from sm_emulator.journal.calls import Calls, group

VARIABLE = "SM_EMULATOR_RUN"


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
        test = (scenario.clock.mode == "virtual", scenario.journal().exchanges)
        Path(folder, f"{os.getpid()}-{scenario.account}.journal").write_bytes(pickle.dumps(test))


def recorded(folder: Path) -> list[Calls]:
    """Return the calls of each test that was recorded."""
    files = sorted(folder.glob("*.journal"))
    tests = [pickle.loads(file.read_bytes()) for file in files]  # noqa: S301  the run's own folder
    return [group(exchanges, virtual=virtual, one_program=True) for virtual, exchanges in tests]
