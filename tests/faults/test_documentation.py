"""docs/faults.md; a fault and a preset added as it says appear everywhere they belong."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sm_emulator.config.validation import validate
from sm_emulator.consistency.build import FAULT_PRESETS
from sm_emulator.faults.conditions import MATCH, WHEN
from sm_emulator.faults.registry import FAULTS

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/faults.md").read_text()
PRESET = """
[hourly-maintenance]
summary = "the first five minutes of each hour return 503"
basis = "invented"
consistency.preset = "strong"
faults = [{ name = "hourly", effect = { fault = "maintenance" } }]
"""
USE = """
import json
from urllib.request import urlopen
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
    for settings in ({"minutes": 0}, {"minute": 1}):
        try:
            scenario.fault("maintenance", **settings)
        except ConfigurationError as error:
            print(error)
    with urlopen(f"{emulator.url}/_emulator/openapi.json") as response:
        print(json.dumps(json.load(response)["components"]["schemas"]["effect"]))
    scenario.faults.replace("hourly-maintenance")
    print(scenario.faults.all()[0]["effect"])
"""


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_rules_shown_are_valid():
    (text,) = examples("toml")
    validate(tomllib.loads(text))


def test_the_table_has_every_fault_with_its_phases():
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ([a-z, ]+) \| ", PAGE, re.MULTILINE))
    assert {name: rows[name] for name in FAULTS} == {
        name: ", ".join(fault.phases) for name, fault in FAULTS.items()
    }


def test_the_table_has_every_preset_with_its_consistency():
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| (\w+) \| [^|]+ \|$", PAGE, re.MULTILINE))
    expected = {preset.name: preset.consistency["preset"] for preset in FAULT_PRESETS.values()}
    assert {name: rows[name] for name in expected} == expected


def test_the_page_names_every_setting_of_every_fault_and_of_when_and_match():
    settings = {*MATCH, *WHEN, *(name for fault in FAULTS.values() for name in fault.settings)}
    assert {name for name in settings if f"`{name}`" not in PAGE} <= {"phase", "per"}
    assert 'per = "call"' in PAGE


def test_flat_settings_are_those_of_the_schema():
    rule = json.loads((ROOT / "schemas/config.schema.json").read_text())["$defs"]["fault"]["properties"]
    assert set(rule["match"]["properties"]) == set(MATCH)
    assert set(rule["when"]["properties"]) == set(WHEN)


def test_no_setting_of_a_fault_has_the_name_of_a_condition():
    for fault in FAULTS.values():
        assert not {*MATCH, *WHEN, "name", "ttl"} & set(fault.settings)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the project with the fault of docs/faults.md and a preset that uses it."""
    for name in ("sm_emulator", "schemas", "docs", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    faults = tmp_path / "sm_emulator/faults"
    (module,) = (text for text in examples("python") if "def maintenance" in text)
    (faults / "maintenance.py").write_text(module)
    with (tmp_path / "schemas/presets.toml").open("a") as presets:
        presets.write(PRESET)
    run(tmp_path, "scripts/generate_config.py")
    return tmp_path


def run(tree: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(tree), "AWS_MAX_ATTEMPTS": "1"}
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_fault_and_a_preset_need_one_place_and_appear_everywhere(tree: Path):
    refused, reasons, wrong, unknown, schema, preset = run(tree, "-c", USE).splitlines()
    assert "ServiceUnavailable" in refused
    assert refused.endswith(": Maintenance.")
    assert "the maintenance of this hour is over" in reasons
    assert wrong == "faults[0].effect.minutes: 0 is below the minimum, 1"
    assert unknown == "minute: unknown setting of maintenance; did you mean 'minutes'?"
    assert "maintenance" in json.loads(schema)["properties"]["fault"]["enum"]
    assert '"minutes": {"type": "integer"' in schema
    assert preset == "{'fault': 'maintenance'}"
    page = (tree / "docs/faults.md").read_text()
    assert "| `maintenance` | before | `minutes` (5) | Respond with 503 in the first `minutes`" in page
    assert "| `hourly-maintenance` | the first five minutes of each hour return 503 | strong |" in page
    assert "hourly-maintenance" in run(tree, "-m", "sm_emulator", "presets")
    file = tree / "config.toml"
    file.write_text('[[faults]]\nname = "x"\neffect = { fault = "maintenance", minutes = 61 }\n')
    check = [sys.executable, "-m", "sm_emulator", "check", str(file)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(check, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "effect.minutes" in done.stderr
    assert "61 is above the maximum, 60" in done.stderr
