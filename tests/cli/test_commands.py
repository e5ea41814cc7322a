"""The command line: what it prints, and how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from unittest.mock import Mock

import pytest
from click.testing import CliRunner

from sm_emulator.cli import main

BIN = Path(sys.executable).parent


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in os.environ:
        if name.startswith("SM_EMULATOR_"):
            monkeypatch.delenv(name)


def run(*words: str, env: dict[str, str] | None = None):
    return CliRunner().invoke(main, list(words), env=env)


def settings_of(*words: str, env: dict[str, str] | None = None) -> dict[str, tuple[object, str]]:
    result = run("settings", "--json", *words, env=env)
    assert result.exit_code == 0, result.output
    return {row["key"]: (row["value"], row["origin"]) for row in json.loads(result.stdout)}


def serving(*words: str) -> subprocess.Popen[str]:
    command = [BIN / "sm-emulator", "serve", "--port", "0", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_with_zero_and_no_traceback(number):
    with serving("--preset", "dynamodb", "--seed", "7") as server:
        assert server.stdout
        assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+\n", server.stdout.readline())
        server.send_signal(number)
        out, err = server.communicate(timeout=10)
    assert (server.returncode, out) == (0, "")
    assert re.fullmatch(
        r'sm-emulator \S+  seed 7  preset dynamodb \(rules \["dynamodb", "dynamodb-lists"\]\)  real clock\n',
        err,
    )


def test_a_taken_port_is_exit_code_3():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.exit_code == 3
    assert result.stderr == f"error: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_an_address_of_another_machine_is_exit_code_3():
    result = run("serve", "--host", "192.0.2.1", "--port", "0")
    assert result.exit_code == 3
    assert "cannot listen on 192.0.2.1:0" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("host", "url", "is_open"),
    [
        ("0.0.0.0", "http://0.0.0.0:", True),
        ("::", "http://[::]:", True),
        ("localhost", "http://localhost:", False),
        ("127.0.0.2", "http://127.0.0.2:", False),
        ("::1", "http://[::1]:", False),
    ],
)
def test_an_address_that_others_may_reach_is_warned_of(host, url, is_open):
    with serving("--host", host) as server:
        assert server.stdout
        assert server.stdout.readline().startswith(f"ready {url}")
        server.terminate()
        _, err = server.communicate(timeout=10)
    assert (f"warning: listening on {host}, which other machines may reach" in err) == is_open


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--preset", "dynamo"], 'consistency.preset (--preset): "dynamo" is not a preset'),
        (["--seed", "x"], 'seed (--seed): "x" is not an integer'),
        (["--clock", "vurtual"], "did you mean 'virtual'?"),
        (["--time-scale", "-1"], "clock.scale (--time-scale): -1 is not above 0"),
        (["--set", "lifecycle.creatin_seconds=5"], "did you mean 'creating_seconds'?"),
        (["--set", "lifecycle"], "--set: 'lifecycle' is not of the form key.path=value"),
        (
            ["--set", "server.port=70000"],
            "server.port (--set server.port): 70000 is above the maximum, 65535",
        ),
        (["--set", "network=5 s"], "10ms, 1.5s, 2m, 1h"),
        (["--set", "seed=NaN"], "seed (--set seed): null is not an integer"),
        (["--config", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
)
def test_a_wrong_value_is_exit_code_2_and_says_where_and_what_is_allowed(words, message):
    result = run("settings", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_an_unknown_variable_is_named_with_the_nearest():
    result = run("settings", env={"SM_EMULATOR_PRESETT": "x"})
    assert result.exit_code == 2
    assert "SM_EMULATOR_PRESETT: unknown setting; did you mean 'SM_EMULATOR_PRESET'?" in result.stderr


def test_variables_for_children_are_not_settings():
    assert settings_of(env={"SM_EMULATOR_URL": "http://127.0.0.1:1"})["seed"] == (0, "default")


def test_command_line_beats_environment_beats_file_beats_default(tmp_path: Path):
    file = tmp_path / "c.json"
    file.write_text('{"seed": 1}')
    environment = {"SM_EMULATOR_SEED": "2"}
    assert settings_of()["seed"] == (0, "default")
    assert settings_of("--config", str(file))["seed"] == (1, str(file))
    assert settings_of("--config", str(file), env=environment)["seed"] == (
        2,
        "environment SM_EMULATOR_SEED",
    )
    assert settings_of("--config", str(file), "--seed", "3", env=environment)["seed"] == (3, "--seed")
    assert settings_of("--seed", "3", "--set", "seed=4")["seed"] == (4, "--set seed")


def test_every_setting_has_a_variable():
    environment = {"SM_EMULATOR_LIFECYCLE_CREATING_SECONDS": "5", "SM_EMULATOR_MODELS_REQUIRED": "false"}
    settings = settings_of(env=environment)
    assert settings["lifecycle.creating_seconds"][0] == 5
    assert settings["models.required"][0] is False


def test_the_configuration_file_may_come_from_the_environment(tmp_path: Path):
    file = tmp_path / "c.yaml"
    file.write_text("consistency:\n  preset: dynamodb\n")
    settings = settings_of(env={"SM_EMULATOR_CONFIG": str(file)})
    assert settings["consistency.preset"] == ("dynamodb", str(file))
    assert settings["consistency.rules"][1] == "preset dynamodb"


@pytest.mark.parametrize("ending", ["toml", "yaml", "yml", "json"])
def test_of_a_directory_its_configuration_is_read(tmp_path: Path, ending):
    (tmp_path / f"config.{ending}").write_text(GOOD[ending])
    (tmp_path / ".hidden").touch()
    (tmp_path / "notes.txt").touch()
    settings = settings_of("--config", str(tmp_path))
    expected = (0, "default") if ending == "yml" else (7, str(tmp_path / f"config.{ending}"))
    assert settings["seed"] == expected


def test_an_empty_directory_configures_nothing(tmp_path: Path):
    assert settings_of(env={"SM_EMULATOR_CONFIG": str(tmp_path)})["seed"] == (0, "default")


@pytest.mark.parametrize("names", [["config.json", "config.toml"], ["settings.toml"]])
def test_a_directory_that_may_be_meant_otherwise_is_exit_code_2(tmp_path: Path, names):
    for name in names:
        (tmp_path / name).touch()
    result = run("settings", "--config", str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        f"{tmp_path}: contains {', '.join(names)}; "
        "allowed: one of config.toml, config.yaml, config.yml, config.json" in result.stderr
    )


def test_a_directory_that_may_not_be_read_is_exit_code_2(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(Path, "iterdir", Mock(side_effect=PermissionError(13, "Permission denied")))
    result = run("settings", "--config", str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{tmp_path}: cannot be read: [Errno 13] Permission denied" in result.stderr


def test_a_value_of_set_is_json_or_else_a_text():
    settings = settings_of("--set", 'server.allowed_hosts=["a"]', "--set", "server.host=127.0.0.2")
    assert settings["server.allowed_hosts"][0] == ["a"]
    assert settings["server.host"][0] == "127.0.0.2"


def test_a_text_that_looks_like_json_stays_a_text():
    assert settings_of("--set", "server.host=1")["server.host"][0] == "1"


GOOD = {
    "toml": 'seed = 7\n[consistency]\npreset = "dynamodb"\n',
    "yaml": "seed: 7\nconsistency: {preset: dynamodb}\n",
    "yml": "# nothing yet\n",
    "json": '{"$schema": "x", "seed": 7}',
}


@pytest.mark.parametrize("ending", GOOD)
def test_a_valid_file_is_said_to_be(tmp_path: Path, ending):
    file = tmp_path / f"sm.{ending}"
    file.write_text(GOOD[ending])
    result = run("check", str(file))
    assert (result.exit_code, result.stdout) == (0, f"{file} is valid\n")


BAD = {
    "toml-syntax": ("c.toml", "seed = \n", "is not valid TOML: Invalid value (at line 1"),
    "yaml-syntax": ("c.yaml", "a: [1\n", "is not valid YAML: while parsing a flow sequence"),
    "json-syntax": ("c.json", "{", "is not valid JSON: Expecting property name"),
    "ending": ("c.ini", "", "has the extension '.ini'; allowed: .toml, .yaml, .yml, .json"),
    "no table": ("c.json", "[1]", "is not a table of settings"),
    "bytes": ("c.toml", "\udcff", "cannot be read"),
    "key": ("c.toml", "sed = 1\n", "unknown key; did you mean 'seed'?"),
    "far key": (
        "c.toml",
        "[clock]\nzzz = 1\n",
        "unknown key; allowed: mode, scale",
    ),
    "type": ("c.yaml", "seed: [1]\n", "[1] is not an integer"),
    "date": ("c.toml", "seed = 2026-01-01\n", '"2026-01-01" is not an integer'),
    "infinity": ("c.yaml", "clock: {scale: .inf}\n", "null is not a number"),
    "nan": ("c.toml", "clock = {scale = nan}\n", "null is not a number"),
    "odd key": ("c.yaml", "5: 1\n", "5 (%s): unknown key"),
    "big": ("c.toml", f"seed = {2**70}\n", "seed (%s): cannot be read: Integer exceeds 64-bit range"),
    "value": ("c.toml", "[server]\nport = -1\n", "server.port (%s): -1 is below the minimum, 0"),
    "short": ("c.toml", '[server]\nhost = ""\n', 'server.host (%s): "" is shorter than 1'),
    "rule": (
        "c.yaml",
        "consistency: {rules: [{name: a, reads: 1, lag: {dist: constant, value: 1}}]}\n",
        "consistency.rules[0] (%s): exactly one of lag and reads must be given",
    ),
    "twice": ("c.yaml", "consistency: {session: [mr, mr]}\n", '["mr", "mr"] contains duplicates'),
    "too many": (
        "c.yaml",
        "consistency: {rules: [{name: a, lag: {dist: empirical, points: [[1, 1, 1]]}}]}\n",
        "points[0] (%s): [1, 1, 1] has more than 2 items",
    ),
    "life": (
        "c.yaml",
        "lifecycle: {rules: [{seconds: 1, describes: 1}]}\n",
        "lifecycle.rules[0] (%s): seconds and describes exclude each other",
    ),
    "maintenance": (
        "c.yaml",
        "lifecycle: {system_updates: [{seconds: 1}]}\n",
        "lifecycle.system_updates[0] (%s): exactly one of after_seconds and after_describes must be given",
    ),
    "immediate maintenance": (
        "c.yaml",
        "lifecycle: {system_updates: [{after_seconds: 0}]}\n",
        "lifecycle.system_updates[0].after_seconds (%s): 0 is not above 0",
    ),
    "missing": (
        "c.yaml",
        "consistency: {rules: [{name: a, lag: {dist: uniform, low: 1}}]}\n",
        "consistency.rules[0].lag.high (%s): is missing",
    ),
    "contradiction": (
        "c.yaml",
        "consistency: {replicas: {count: 2, visible_at_ack: 3}}\n",
        "3 is more than consistency.replicas.count, which is 2",
    ),
    "operation": (
        "c.yaml",
        "consistency: {rules: [{name: a, reads: 1, match: {operations: [CreateEndpont]}}]}\n",
        "'CreateEndpont' is not an operation of SageMaker; did you mean 'CreateEndpoint'?",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_an_invalid_file_is_exit_code_2_and_says_where_and_why(tmp_path: Path, case):
    name, text, message = BAD[case]
    file = tmp_path / name
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    result = run("check", str(file))
    assert result.exit_code == 2
    assert message.replace("%s", str(file)) in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["presets", "operations", "settings"])
def test_tables_are_for_people_and_json_for_machines(command):
    for_people, for_machines = run(command), run(command, "--json")
    assert (for_people.exit_code, for_machines.exit_code) == (0, 0)
    assert len(for_people.stdout.splitlines()) > 3
    assert isinstance(json.loads(for_machines.stdout), list)


def test_operations_shows_the_implementation_of_each():
    shown = [line.split() for line in run("operations").stdout.splitlines()]
    assert ["sm-emulator", "sagemaker", "CreateEndpointConfig"] in shown
    everything = json.loads(run("operations", "--json").stdout)
    assert Counter(row["service"] for row in everything) == {"sagemaker": 425, "sagemaker-runtime": 3}
    assert {row["implemented"] for row in everything} == {"sm-emulator", "moto", "neither"}


@pytest.mark.parametrize("command", ["operations", "presets", "settings"])
@pytest.mark.parametrize("columns", [60, 80])
def test_tables_fit_a_narrow_terminal(monkeypatch, command, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = run(
        command, *(["--preset", "dynamodb"] if command == "settings" else [])
    ).stdout.splitlines()
    assert max(map(len, lines)) <= columns


def test_tables_break_no_word(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    help_ = {row["help"] for row in json.loads(run("settings", "--json").stdout)}
    words = {word for text in help_ for word in text.split() if len(word) < 70}
    assert words <= set(run("settings").stdout.split())


@pytest.mark.parametrize("command", [None, *main.commands])
def test_help_fits_80_columns_and_cuts_no_sentence(monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    text = run(*filter(None, [command]), "--help").stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "..." not in text.replace("COMMAND...", "").replace("[ARGS]...", "").replace(
        "[KEY=VALUE]...", ""
    )


def test_help_teaches():
    text = run("--help").stdout
    assert all(
        name in text
        for name in ("serve", "demo", "presets", "operations", "settings", "check", "health")
    )
    assert "AWS_ENDPOINT_URL_SAGEMAKER" in text
    assert "sm-emulator serve --port 0 --preset dynamodb" in run("serve", "--help").stdout


def test_an_unknown_command_is_exit_code_2():
    assert run("sevre").exit_code == 2


def test_the_version_is_shown():
    from sm_emulator import __version__

    assert __version__ in run("--version").stdout


@pytest.mark.slow
def test_there_is_no_colour_where_there_is_no_terminal():
    assert "\x1b" not in run("settings", "--seed", "x").output
    result = subprocess.run([BIN / "sm-emulator", "demo"], capture_output=True, text=True, check=True)
    assert "\x1b" not in result.stdout


@pytest.mark.slow
def test_it_runs_as_a_module():
    result = subprocess.run(
        [sys.executable, "-m", "sm_emulator", "operations"], capture_output=True, text=True, check=True
    )
    assert "CreateEndpointConfig" in result.stdout


def test_fault_presets_are_among_the_presets():
    rows = {row["name"]: row for row in json.loads(run("presets", "--json").stdout)}
    assert rows["lost-reply"]["faults"][0]["effect"] == {"fault": "close"}
    assert rows["brown-out"]["consistency"] == {"preset": "dynamodb"}
    assert rows["dynamodb"]["faults"] == []
    assert "throttle-storm" in run("presets").stdout


def test_a_preset_of_faults_is_shown_with_its_rules_and_has_no_curve():
    shown = run("presets", "lost-reply")
    assert shown.exit_code == 0
    assert "consistency: strong" in shown.stdout
    assert json.loads(shown.stdout.splitlines()[-1])["name"] == "lost-reply"
    assert json.loads(run("presets", "lost-reply", "--json").stdout)["name"] == "lost-reply"
    drawn = run("presets", "lost-reply", "--plot")
    assert (drawn.exit_code, "of consistency" in drawn.output) == (2, True)


def test_a_preset_of_faults_is_chosen_as_any_other():
    settings = settings_of("--preset", "brown-out")
    assert settings["faults"] == ("brown-out", "--preset")
    assert settings["consistency.preset"] == ("dynamodb", "--preset")
    assert settings_of("--set", "faults=lost-reply")["faults"] == ("lost-reply", "--set faults")


@pytest.mark.slow
def test_the_banner_names_the_preset_and_the_faults_in_force():
    with serving("--preset", "lost-reply") as server:
        assert server.stdout
        server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        _, err = server.communicate(timeout=10)
    assert 'preset lost-reply (rules [], faults ["lost-reply"])  real clock' in err


def test_wrong_faults_in_a_file_are_reported_with_their_place(tmp_path: Path):
    file = tmp_path / "sm.toml"
    file.write_text('[[faults]]\nname = "x"\neffect = { fault = "throtle" }\n')
    result = run("check", str(file))
    assert result.exit_code == 2
    assert f'faults[0].effect.fault ({file}): "throtle" is not one of' in result.output
    assert "did you mean 'throttle'?" in result.output
