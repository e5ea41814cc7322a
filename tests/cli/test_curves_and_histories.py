"""Curves of presets, and the check of recorded histories, on the command line."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sm_emulator.cli import main, output
from sm_emulator.control.history import to_json
from tests.support.virtual_store import VirtualStore
from tests.support.workload import drive


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Measure with fewer writes than users do: what is tested here is how it is shown."""
    monkeypatch.setattr(output, "N", 50)


def run(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(words), input=stdin)


def test_one_preset_is_shown_with_its_basis():
    result = run("presets", "simpledb-2011")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "simpledb-2011: a third of the reads are fresh for 450 ms, then nearly all",
        "basis: measured: Wada et al., CIDR 2011 (read in a reprint of its table)",
    ]


def test_a_plot_draws_a_bar_for_each_age():
    lines = run("presets", "adversarial", "--plot").stdout.splitlines()
    title, head, *rows = lines[3:]
    assert title == ("adversarial: share of first reads that see a create, by its age (n = 50, seed 0)")
    assert head.split() == ["age", "describe", "load", "list"]
    assert rows[0].split() == ["0", "ms", "0.0%", "0.0%", "0.0%"]
    assert rows[-1].split() == ["1", "s", "█" * 40, "100.0%", "100.0%", "100.0%"]


def test_a_plot_in_json_has_the_whole_preset_and_the_points():
    result = json.loads(run("presets", "read-after-create-miss-4", "--plot", "--json").stdout)
    assert result["name"] == "read-after-create-miss-4"
    assert result["consistency"]["rules"][0]["reads"] == 4
    assert result["fresh"][0] == {"age": 0.0, "describe": 0.0, "load": 0.0, "list": 1.0}


def test_after_chooses_the_kind_of_write():
    result = json.loads(run("presets", "swift-2014", "--plot", "--after", "create", "--json").stdout)
    assert {point["describe"] for point in result["fresh"]} == {1.0}


def test_an_svg_is_a_picture_with_a_line_for_each_surface(tmp_path: Path):
    file = tmp_path / "curve.svg"
    assert run("presets", "iam-4s", "--svg", str(file)).exit_code == 0
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 3
    assert {len(line.attrib["points"].split()) for line in lines} == {13}
    assert "iam-4s" in root[0].text


@pytest.mark.parametrize("words", [("--plot",), ("--svg", "x.svg")])
def test_a_curve_needs_a_name(words):
    result = run("presets", *words)
    assert (result.exit_code, "require the NAME of a preset" in result.stderr) == (2, True)


def test_no_preset_is_exit_code_2_with_the_nearest_name():
    result = run("presets", "dynamdb", "--plot")
    assert result.exit_code == 2
    assert "is not a preset" in result.stderr
    assert "did you mean 'dynamodb'?" in result.stderr


# -- histories ------------------------------------------------------------------------------------


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    virtual = VirtualStore({"preset": "simpledb-2011"})
    drive(virtual, 0)
    file = tmp_path / "history.json"
    events = [to_json(event) for event in virtual.store.history.snapshot()]
    file.write_text(json.dumps({"dropped": 0, "events": events}))
    return file


def test_a_history_without_violation_is_ok(recorded: Path):
    result = run("check-history", str(recorded))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("ok: ")
    assert result.stdout.endswith(" events, no violation\n")


def test_a_violation_is_exit_code_1_and_shows_its_events(recorded: Path):
    result = run("check-history", str(recorded), "--session", "ryw")
    assert result.exit_code == 1
    first, write, read = result.stdout.splitlines()
    assert first.startswith("violated: read your writes: its session wrote version ")
    assert write.startswith("  write  region us-east-1, type EndpointConfig, name ")
    assert read.startswith("  read   region us-east-1, ")


def test_a_history_is_read_from_standard_input_and_checked_with_json_output(recorded: Path):
    result = run("check-history", "-", "--session", "mr", "--json", stdin=recorded.read_text())
    assert result.exit_code == 1
    assert json.loads(result.stdout)["violation"]["guarantee"] == "monotonic reads"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("{}", "events: is not a list of events"),
        ('[{"event": "x"}]', 'events[0].event: "x" is not one of'),
    ],
)
def test_an_invalid_history_is_exit_code_2(text, message):
    result = run("check-history", "-", stdin=text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_guarantee_that_there_is_not_is_exit_code_2(recorded: Path):
    assert run("check-history", str(recorded), "--session", "x").exit_code == 2


def test_a_configuration_with_an_unreachable_rule_is_valid_with_a_warning(tmp_path: Path):
    file = tmp_path / "c.toml"
    rule = '[[consistency.rules]]\nname = "{}"\nreads = 1\n'
    fault = '[[faults]]\nname = "{}"\neffect = {{ fault = "throttle" }}\n'
    rules = [table.format(name) for table in (rule, fault) for name in ("all", "shadowed")]
    file.write_text("".join(rules))
    result = run("check", str(file))
    assert (result.exit_code, result.stdout) == (0, f"{file} is valid\n")
    assert result.stderr == (
        "warning: consistency.rules[1]: never matches: the earlier rule 'all' matches all of its reads\n"
        "warning: faults[1]: 'shadowed' never acts: 'all' always decides the response first\n"
    )
