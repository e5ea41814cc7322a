"""docs/faults.md: what it shows works, and a fault written as it says is one."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from sm_emulator.config.validation import validate
from sm_emulator.faults import FAULT_PRESETS, FAULTS

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/faults.md").read_text()
USE = """
from sm_emulator import ConfigurationError, Emulator

with Emulator(clock="virtual") as emulator:
    scenario = emulator.scenario()
    client = emulator.client("sagemaker")
    with scenario.fault("maintenance", minutes=10) as fault:
        try:
            client.list_models()
        except client.exceptions.ClientError as error:
            print(error)
        scenario.clock.advance(601)
        client.list_models()
        print(fault.reasons)
    try:
        scenario.fault("maintenance", minutes=0)
    except ConfigurationError as error:
        print(error)
"""


def shown(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_rules_shown_are_valid():
    (text,) = shown("toml")
    validate(tomllib.loads(text))


def test_every_fault_stands_in_the_table_with_its_phases():
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ([a-z, ]+) \| ", PAGE, re.MULTILINE))
    told = {name: rows[name] for name in FAULTS}
    assert told == {name: ", ".join(fault.phases) for name, fault in FAULTS.items()}


def test_every_setting_of_every_fault_and_of_when_and_match_is_told():
    definitions = json.loads((ROOT / "schemas/config.schema.json").read_text())["$defs"]
    settings = {s for part in definitions["effect"]["allOf"] for s in part["then"]["properties"]}
    for place in ("when", "match"):
        settings |= set(definitions["fault"]["properties"][place]["properties"])
    assert {name for name in settings if f"`{name}`" not in PAGE} <= {"fault", "phase", "per"}
    assert 'per = "call"' in PAGE


def test_every_preset_stands_in_the_table_with_its_consistency():
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| (\w+) \|$", PAGE, re.MULTILINE))
    assert rows == {preset.name: preset.consistency for preset in FAULT_PRESETS}


def test_a_fault_written_as_the_page_says_works_from_end_to_end(tmp_path: Path):
    package = tmp_path / "sm_emulator"
    shutil.copytree(ROOT / "sm_emulator", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    module = next(text for text in shown("python") if "def maintenance" in text)
    (package / "faults/maintenance.py").write_text(module)
    schema = tmp_path / "schemas/config.schema.json"
    whole = json.loads(schema.read_text())
    effect = whole["$defs"]["effect"]
    effect["properties"]["fault"]["enum"].append("maintenance")
    effect["allOf"].append(next(json.loads(text) for text in shown("json") if '"if"' in text))
    schema.write_text(json.dumps(whole))
    done = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "AWS_MAX_ATTEMPTS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    refused, reasons, wrong = done.stdout.splitlines()
    assert "ServiceUnavailable" in refused
    assert refused.endswith(": Maintenance.")
    assert "the maintenance of this hour is over" in reasons
    assert wrong == "faults[0].effect.minutes: 0 is below the least allowed, 1"
