"""The table of settings."""

import json
import textwrap

import pytest

from sm_emulator import ConfigurationError
from sm_emulator.config.settings import (
    SHORT,
    Override,
    from_arguments,
    from_assignment,
    from_environment,
    from_file,
    load,
    table,
)
from sm_emulator.config.validation import validate_part
from sm_emulator.scenario.lifecycle import Lifecycle


def test_every_setting_has_a_help_and_a_variable_of_its_own():
    settings = table()
    assert all(setting.help.endswith(".") for setting in settings)
    assert len({setting.variable for setting in settings}) == len(settings)


def test_short_names_are_names_of_settings():
    assert set(SHORT.values()) <= {"preset", *(setting.key for setting in table())}


def test_with_nothing_given_every_value_is_its_default():
    settings = load([])
    for setting in table():
        assert settings[setting.key] == setting.default
        assert settings.origin(setting.key) in {"default", "preset strong"}


def test_reproducible_changes_defaults_that_other_settings_override():
    settings = load(
        from_arguments({"network": {"dist": "uniform", "low": 0, "high": "9ms"}}, reproducible=True)
    )
    assert (settings["clock.mode"], settings.origin("clock.mode")) == ("virtual", "reproducible")
    assert settings["network"]["dist"] == "uniform"
    assert load(from_arguments(None, reproducible=True))["network"] == "25ms"
    with pytest.raises(ConfigurationError, match="network.low .settings.: 2 is above high, 1"):
        load(from_arguments({"network": {"dist": "uniform", "low": 2, "high": 1}}))


@pytest.mark.parametrize("preset", ["lost-reply", "dynamodb", "brown-out"])
@pytest.mark.parametrize("name", ["config.toml", "config.json", "config.yaml"])
def test_a_file_names_a_preset_at_its_top(tmp_path, preset, name):
    text = {
        "toml": f'preset = "{preset}"',
        "json": f'{{"preset": "{preset}"}}',
        "yaml": f"preset: {preset}",
    }
    file = tmp_path / name
    file.write_text(text[name.rpartition(".")[2]])
    settings = load(from_file(file))
    assert settings.tree == load([Override("preset", preset, "")]).tree
    assert settings.origin("consistency.preset") == str(file)


def test_other_keys_of_a_file_override_its_preset_in_any_order(tmp_path):
    rule = {"name": "x", "effect": {"fault": "reset"}}
    file = tmp_path / "config.json"
    for tree in ({"faults": [rule], "preset": "brown-out"}, {"preset": "brown-out", "faults": [rule]}):
        file.write_text(json.dumps(tree))
        settings = load(from_file(file))
        assert (settings["consistency.preset"], settings["faults"]) == ("dynamodb", [rule])


def test_an_unknown_preset_names_the_nearest_before_the_list(tmp_path):
    file = tmp_path / "config.json"
    file.write_text('{"preset": "dynamo"}')
    with pytest.raises(
        ConfigurationError, match=r"\"dynamo\" is not a preset; did you mean 'dynamodb'\?; all"
    ):
        load(from_file(file))
    with pytest.raises(ConfigurationError, match="did you mean 'read-after-create-miss-1'"):
        load([Override("preset", "read-after-create-miss-N", "--preset")])


@pytest.mark.parametrize(
    "key", ["lifecycle.creating_seconds", "lifecycle.shifting_seconds", "runtime.timeout_seconds"]
)
@pytest.mark.parametrize("value", [5, "5s", "1500ms", "2m", "1h"])
def test_durations_in_seconds_may_have_a_unit(key, value):
    assert load([Override(key, value, "")])[key] == value


@pytest.mark.parametrize("value", [0, "0s", "0.0s", "2h", "61m", "3601s", 3601, "1d"])
def test_a_timeout_is_above_0_and_at_most_an_hour(value):
    with pytest.raises(ConfigurationError, match="runtime.timeout_seconds"):
        load([Override("runtime.timeout_seconds", value, "")])


def test_durations_with_a_unit_take_effect():
    settings = {
        "lifecycle.creating_seconds": "5s",
        "lifecycle.rules": [{"seconds": "2m", "match": {"names": "slow"}}],
        "lifecycle.system_updates": [{"after_seconds": "1h", "seconds": "3s"}],
    }
    loaded = load([Override(key, value, "") for key, value in settings.items()])
    behaviour = Lifecycle(loaded["lifecycle"])
    assert behaviour.plan("CreateEndpoint", "e").duration.seconds == 5
    assert behaviour.plan("CreateEndpoint", "slow").duration.seconds == 120
    assert behaviour.system_update("e")[0].seconds == 3600
    with pytest.raises(ConfigurationError, match=r"system_updates\[0\].after_seconds"):
        load([Override("lifecycle.system_updates", [{"after_seconds": "0s"}], "")])


def test_a_preset_can_be_given_wherever_a_setting_can():
    expected = load([Override("preset", "brown-out", "")]).tree
    for given in (
        from_assignment("preset=brown-out"),
        *from_arguments({"preset": "brown-out"}),
        *from_environment({"SM_EMULATOR_PRESET": "brown-out"}),
    ):
        assert load([given]).tree == expected


BOMB = "\n".join(
    ["a: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "seed: &a [*a]",
        "faults: &a {b: *a}",
        f"faults: {'[' * 70}{']' * 70}",
        f"seed: [{'1,' * 100_001}]",
    ],
)
def test_a_file_that_expands_or_nests_without_bound_is_refused(tmp_path, text):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="has more than 100000 values, or more than 64 levels"):
        load(from_file(file))


def test_aliases_may_be_used(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("faults: [{name: a, effect: &e {fault: reset}}, {name: b, effect: *e}]")
    assert [rule["effect"] for rule in load(from_file(file))["faults"]] == [{"fault": "reset"}] * 2


@pytest.mark.parametrize("depth", [100, 300, 5000])
def test_rules_nested_too_deep_are_refused(depth):
    nested: list = []
    for _ in range(depth):
        nested = [nested]
    for part in ("faults", "consistency"):
        for value in (nested, [{"name": "x", "effect": nested}], {"rules": nested}):
            with pytest.raises(ConfigurationError) as refused:
                validate_part(value, part)
            assert len(str(refused.value)) < 2000


@pytest.mark.parametrize("value", [object(), b"x", "\ud800", {"a"}])
def test_values_that_json_does_not_have_are_refused(value):
    with pytest.raises(ConfigurationError, match="faults: cannot be read"):
        validate_part([{"name": "x", "effect": {"fault": "error", "code": value}}], "faults")


def test_a_lag_that_is_not_a_number_is_refused():
    with pytest.raises(ConfigurationError, match=r"consistency.rules\[0\].lag: null is not"):
        validate_part({"rules": [{"name": "x", "lag": float("nan")}]}, "consistency")


@pytest.mark.parametrize("name", ["\x1b[31m", "x\n", "", "a\x00b", "é"])
def test_names_have_no_control_characters_and_errors_escape_them(name):
    rule = {"name": name, "effect": {"fault": "reset"}}
    header = {"name": "x", "effect": {"fault": "reset"}, "match": {"headers": {name: "*"}}}
    lag = {"rules": [{"name": name, "lag": 1}]}
    for part, value in (("faults", [rule]), ("faults", [header]), ("consistency", lag)):
        with pytest.raises(ConfigurationError) as refused:
            validate_part(value, part)
        assert str(refused.value).isprintable()
        assert "name: " in str(refused.value) or "headers: " in str(refused.value)


def test_a_list_of_rules_has_a_greatest_length():
    rules = [{"name": str(n), "effect": {"fault": "reset"}} for n in range(501)]
    validate_part(rules[:500], "faults")
    with pytest.raises(ConfigurationError, match="has more than 500 items"):
        validate_part(rules, "faults")


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5_000, "[" * 3_000 + "]" * 3_000])
def test_hostile_values_of_assignments_are_refused(text):
    for given in (from_assignment(f"faults={text}"), *from_environment({"SM_EMULATOR_FAULTS": text})):
        with pytest.raises(ConfigurationError) as refused:
            load([given])
        assert len(str(refused.value)) < 2000


@pytest.mark.parametrize(
    "value", ["x" * 1_000_001, {"x" * 1_000_001: 1}, [["x" * 1_000_001]]], ids=["value", "key", "inner"]
)
def test_a_text_that_would_take_long_to_quote_is_refused(value):
    with pytest.raises(
        ConfigurationError, match=r"^faults.*: has a text of more than 1000000 characters"
    ):
        load([Override("faults", value, "x")])


def test_keys_nested_too_deep_are_refused():
    given = [Override(".".join("a" * 3000), value, "x") for value in (1, 2)]
    with pytest.raises(ConfigurationError, match="more than 64 levels"):
        load(given)


def test_a_value_that_json_does_not_have_is_refused_with_its_origin():
    with pytest.raises(ConfigurationError, match=r"seed \(settings\): cannot be read: Integer exceeds"):
        load(from_arguments({"seed": 10**30}))


def test_an_unknown_key_is_printed_without_control_characters():
    with pytest.raises(ConfigurationError) as refused:
        load([Override("clock", {"\x1b[31m": 1}, "x")])
    assert str(refused.value).isprintable()


# Nine levels of nine aliases each: 3 billion values in 300 bytes
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("text", [BOMB, "a: &a [*a]"])
def test_aliases_that_expand_to_more_than_any_memory_are_refused(tmp_path, text):
    file = tmp_path / "bomb.yaml"
    file.write_text(f"faults:\n{textwrap.indent(text, '  ')}")
    with pytest.raises(ConfigurationError, match="more than 100000 values, or more than 64 levels"):
        load(from_file(file))
