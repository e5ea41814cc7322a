"""The table of settings."""

import pytest

from sm_emulator.config.settings import SHORT, load, table
from sm_emulator.consistency.build import BASE


def test_every_setting_has_a_help_and_a_variable_of_its_own():
    settings = table()
    assert all(setting.help.endswith(".") for setting in settings)
    assert len({setting.variable for setting in settings}) == len(settings)


def test_short_names_are_names_of_settings():
    assert set(SHORT.values()) <= {setting.key for setting in table()}


def leaf(key: str) -> object:
    value: object = BASE
    for step in key.split(".")[1:]:
        assert isinstance(value, dict)
        value = value[step]
    return value


@pytest.mark.parametrize(
    "setting",
    [s for s in table() if s.key.startswith("consistency.") and "preset" not in s.key],
    ids=lambda s: s.key,
)
def test_the_defaults_that_editors_show_are_those_that_hold(setting):
    assert setting.default == leaf(setting.key)


def test_with_nothing_given_every_value_is_its_default():
    settings = load([])
    for setting in table():
        assert settings[setting.key] == setting.default
        assert settings.origin(setting.key) in {"default", "preset strong"}
