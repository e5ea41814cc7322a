"""The documentation names everything that exists, and nothing else."""

import json
import re
import tomllib
from operator import attrgetter
from pathlib import Path

import pytest

from sm_emulator import Emulator
from sm_emulator.cli.run import run
from sm_emulator.config.settings import Override, from_file, load
from sm_emulator.config.validation import validate_part
from sm_emulator.consistency.build import PRESETS, build
from sm_emulator.consistency.curve import fresh
from sm_emulator.control.tables import operation_rows
from sm_emulator.explore.plan import Plan
from sm_emulator.pytest_plugin.options import EXPLORE_MARKER, MARKER
from sm_emulator.report.finding import FINDINGS
from sm_emulator.store.rules import SURFACES
from tests.support.documentation import blocks, sections

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = (ROOT / "docs/configuration.md").read_text()
CONSISTENCY = (ROOT / "docs/consistency.md").read_text()
PRESET_TABLES = (ROOT / "docs/presets.md").read_text()


def test_the_configuration_file_shown_is_valid(tmp_path: Path):
    shown = re.search(r"^```toml\n(.*?)^```", CONFIGURATION, re.DOTALL | re.MULTILINE)
    assert shown
    file = tmp_path / "shown.toml"
    file.write_text(shown[1])
    assert [rule["name"] for rule in load(from_file(file))["consistency.rules"]] == [
        "new-configs-are-late",
        "everything-else-a-little",
    ]


@pytest.mark.parametrize("preset", [preset.name for preset in PRESETS])
def test_every_preset_is_in_a_table(preset: str):
    assert f"| `{preset}` |" in CONSISTENCY


@pytest.mark.parametrize("preset", [preset.name for preset in PRESETS])
def test_the_table_of_a_preset_shows_the_measured_shares(preset: str):
    """Two rows of each, the first and one in the middle: draws are keyed, so they are exact."""
    name = preset.replace("-N", "-1")
    section = PRESET_TABLES.split(f"## {preset}\n")[1].split("\n## ")[0]
    tables = re.findall(rf"\| {name}, after (\w+) \|.*\n.*\n((?:\|.*\n)+)", section)
    assert tables
    for after, body in tables:
        rows = [re.findall(r"[^| ][^|]*[^| ]", row) for row in body.splitlines()]
        for age, *shares in (rows[0], rows[len(rows) // 2]):
            seconds = float(age.split()[0]) * (0.001 if age.endswith("ms") else 1)
            measured = [fresh(build({"preset": name}), seconds, s, after, n=1000) for s in SURFACES]
            assert shares == [f"{share:.1%}" for share in measured]


# Rows of three cells, the first of which begins with a setting: | `setting = value` | what it does | finds |
EXAMPLES = re.findall(r"^\| `([a-z_.]+ = [^`]*)` \| (.+?) \| (.+?) \|$", CONSISTENCY, re.MULTILINE)


def table_of(example: str) -> dict:
    """Read an example as a part of `consistency`, or of a rule."""
    part = tomllib.loads(example)
    return {"rules": [{"name": "x", **part}]} if part.keys() & {"lag", "reads"} else part


@pytest.mark.parametrize(
    ("example", "does", "finds"), EXAMPLES, ids=[example for example, _, _ in EXAMPLES]
)
def test_each_setting_has_a_valid_example_and_the_bug_that_it_finds(example, does, finds):
    table = table_of(example)
    validate_part(table, "consistency")
    build(table)
    assert does.strip()
    assert finds.strip()


def test_there_is_a_row_for_every_setting_distribution_and_choice():
    schema = json.loads((ROOT / "schemas/config.schema.json").read_text())["$defs"]
    properties = schema["consistency"]["properties"]
    examples = " ".join(example for example, _, _ in EXAMPLES)
    tables = [table_of(example) for example, _, _ in EXAMPLES]
    for group in ("replicas", "bounds", "list"):
        for name in properties[group]["properties"]:
            assert any(name in table.get(group, {}) for table in tables), name
    for choice in properties["replicas"]["properties"]["choice"]["enum"]:
        assert {"replicas": {"choice": choice}} in tables
    for guarantee in properties["session"]["items"]["enum"]:
        assert {"session": [guarantee]} in tables
    for dist in schema["lag"]["properties"]["dist"]["enum"]:
        assert f'lag = {{ dist = "{dist}"' in examples
    assert {"order": "prefix"} in tables
    assert [table["rules"][0]["reads"] for table in tables if "reads" in str(table.get("rules"))] == [
        2,
        {"ends": 0.5},
    ]


FRONT = (ROOT / "README.md").read_text()
NUMBERS = {3: "three", 18: "eighteen", 23: "Twenty-three"}


def test_the_front_page_counts_presets_operations_and_cases():
    rows = [row for row in operation_rows() if row["implemented"] == "sm-emulator"]
    hosting = [row for row in rows if row["service"] == "sagemaker"]
    cases = (ROOT / "tests/fidelity/cases.jsonl").read_text().splitlines()
    assert f"  {NUMBERS[len(PRESETS)]} presets" in FRONT
    assert f"- {NUMBERS[len(hosting)]} operations of hosting and the " in FRONT
    assert f" the {NUMBERS[len(rows) - len(hosting)]} of the runtime " in FRONT
    assert f" and {len(cases)} cases with" in FRONT


SETTINGS = [
    pytest.param(block.text, id=f"{page.name}: {block.text.splitlines()[0]}")
    for page in sorted(ROOT.glob("docs/*.md"))
    for block in blocks(page.read_text())
    if block.language == "toml"
]


@pytest.mark.parametrize("shown", SETTINGS)
def test_every_table_of_settings_shown_is_valid(shown: str):
    assert load(Override(key, value, "page") for key, value in tomllib.loads(shown).items())


def test_every_finding_is_explained():
    retries = (ROOT / "docs/retries.md").read_text().partition("### When nothing is said")[0]
    explained = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", retries, re.MULTILINE)
    assert sorted(explained) == sorted(FINDINGS)


def test_every_option_of_run_is_explained():
    page = (ROOT / "docs/retries.md").read_text()
    options = {
        option for parameter in run.params for option in parameter.opts if option.startswith("--")
    }
    assert options == {option for option in options if option in page}


TESTING = (ROOT / "docs/testing.md").read_text()
PLUGIN = "".join(path.read_text() for path in sorted((ROOT / "sm_emulator/pytest_plugin").glob("*.py")))


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)


def test_every_fixture_and_option_of_the_plugin_is_explained():
    fixtures = re.findall(r"^@pytest\.fixture.*\ndef (\w+)", PLUGIN, re.MULTILINE)
    assert sorted(first_cells(TESTING.split("```")[0])) == sorted(f"`{name}`" for name in fixtures)
    options = [
        *(f"--sm-emulator-{name}" for name in re.findall(r'\("([\w-]+)", \w+, "', PLUGIN)),
        *re.findall(r'add\(\s*"(--[\w-]+)"', PLUGIN),
        *re.findall(r'addini\(\s*"([\w-]+)"', PLUGIN),
    ]
    assert len(options) == 11
    assert all(re.search(rf"^\| `{option}[ `]", TESTING, re.MULTILINE) for option in options)


def test_every_argument_of_the_marker_is_explained():
    explored = set(Plan.__dataclass_fields__)
    assert explored == {*re.findall(r"(\w+)=", re.match(r"sm_explore\((.*)\):", EXPLORE_MARKER)[1])}
    page = (ROOT / "docs/explorer.md").read_text().split("## In pytest")[1].split("\n## ")[0]
    assert not [name for name in explored if not re.search(rf"`{name}[`=(]", page)]
    arguments = re.findall(r"(\w+)=", re.match(r"sm_emulator\((.*?)\)", MARKER)[1])
    assert first_cells(sections(TESTING)["pytest"].split("### The marker")[1].split("### ")[0]) == [
        f"`{name}`" for name in arguments
    ]


def test_every_verb_of_the_table_exists():
    cells = first_cells(TESTING.split("### What a scenario can do")[1].split("\n## ")[0])
    verbs = [verb for cell in cells for verb in re.findall(r"`([\w.]+)\(", cell)]
    assert len(verbs) >= len(cells)
    scenario = Emulator().scenario()
    for verb in verbs:
        assert callable(attrgetter(verb)(scenario)), verb


def test_the_layers_shown_are_those_of_import_linter():
    page = (ROOT / "CONTRIBUTING.md").read_text()
    layers: dict[str, set[str]] = {}
    for layer, package in re.findall(r"^\| (\d+) \| `(\w+)` \|", page, re.MULTILINE):
        layers.setdefault(layer, set()).add(package)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert list(layers) == [str(number) for number in range(1, len(layers) + 1)]
    assert list(layers.values()) == [set(layer.split(" | ")) for layer in contracts[0]["layers"]]


def test_every_package_and_module_is_shown():
    shown = set(
        re.findall(r"^\| \d+ \| `(\w+)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    )
    there = {
        path.stem
        for path in (ROOT / "sm_emulator").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert shown == there - {"__init__", "__main__"}
