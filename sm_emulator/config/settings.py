"""Settings: one table from schemas/config.schema.json, and the origin of each value.

Command line overrides environment, environment overrides file, file overrides default.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from sm_emulator.catalog import document
from sm_emulator.config.files import read
from sm_emulator.config.validation import check_size, validate
from sm_emulator.consistency.build import FAULT_PRESETS, merge, resolve
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.values import did_you_mean

PREFIX = "SM_EMULATOR_"
# Settings with a short name: `--preset`, SM_EMULATOR_PRESET
SHORT = {
    "seed": "seed",
    "preset": "preset",
    "clock": "clock.mode",
    "reproducible": "reproducible",
    "time_scale": "clock.scale",
    "host": "server.host",
    "port": "server.port",
    "log": "server.log",
}
# Other defaults for equal runs: 25 ms are a sober round trip to a service in the same continent
_REPRODUCIBLE = {"clock": {"mode": "virtual"}, "network": "25ms"}
# Set for the commands that `run` starts; not settings
_NOT_SETTINGS = frozenset({"SM_EMULATOR_URL", "SM_EMULATOR_CONFIG", "SM_EMULATOR_RUN"})


class Setting(NamedTuple):
    """A setting: its `key`, default and help.

    `textual`: a string is taken as it is. `secret`: an object whose values are never shown.
    """

    key: str
    default: Any
    help: str
    textual: bool
    secret: bool

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return _variable(self.key)


class Override(NamedTuple):
    """A value given for the setting `key`, and its origin."""

    key: str
    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Settings:
    """A complete, valid configuration: nested tables in `tree`; `origins` by key, where not default.

    `given` are the overrides that it was made of, weakest first.
    """

    tree: dict[str, Any]
    origins: Mapping[str, str]
    given: tuple[Override, ...]

    def __getitem__(self, key: str) -> Any:
        value: Any = self.tree
        for step in key.split("."):
            value = value[step]
        return value

    def for_tests(self) -> dict[str, Any]:
        """Return the overrides by key, without those of the server, for another process."""
        return {each.key: each.value for each in self.given if not each.key.startswith("server.")}

    def origin(self, key: str) -> str:
        """Return where the value of `key` comes from."""
        inside = (self.origins[given] for given in self.origins if given.startswith(f"{key}."))
        if origin := self.origins.get(key) or next(inside, None):
            return origin
        preset = self["consistency.preset"]
        if self["reproducible"] and key in {"clock.mode", "network"}:
            return "reproducible"
        return f"preset {preset}" if key.startswith("consistency.") else "default"


@cache
def table() -> tuple[Setting, ...]:
    """Return every setting, in the order of the schema."""
    return tuple(_leaves(document("config.schema"), ""))


def load(given: Iterable[Override]) -> Settings:
    """Return the settings that overrides, weakest first, make. Raises ConfigurationError."""
    given = tuple(given)
    tree: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for item in (expanded for override in given for expanded in _expand(override)):
        nested = _nest(item.key, item.value)
        check_size(nested, f"{item.key} ({item.origin})")
        tree = merge(tree, _plain(nested, f"{item.key} ({item.origin})"))
        origins |= dict.fromkeys(_keys(item.key, item.value), item.origin)
    try:
        validate(tree)
    except ConfigurationError as error:
        problems = [_with_origin(problem, origins) for problem in error.problems]
        raise ConfigurationError(*problems) from None
    defaults: dict[str, Any] = {}
    for setting in table():
        defaults = merge(defaults, _nest(setting.key, setting.default))
    if tree.get("reproducible"):
        defaults = merge(defaults, _REPRODUCIBLE)
    complete = merge(defaults, tree)
    complete["consistency"] = resolve(tree.get("consistency", {}))
    return Settings(complete, origins, given)


def from_file(path: Path) -> list[Override]:
    """Read a file, or the one in a directory. Raises ConfigurationError.

    Other keys override its `preset`, whatever their order.
    """
    path, tree = read(path)
    return _preset_first(Override(str(key), value, str(path)) for key, value in tree.items())


def from_environment(environment: Mapping[str, str]) -> list[Override]:
    """Read SM_EMULATOR_<KEY>. Raises ConfigurationError for unknown settings."""
    known = {setting.variable: setting.key for setting in table()}
    known |= {_variable(short): key for short, key in SHORT.items()}
    given = []
    for variable in sorted(environment):
        if variable in known:
            given.append(from_text(known[variable], environment[variable], f"environment {variable}"))
        elif variable.startswith(PREFIX) and variable not in _NOT_SETTINGS:
            raise ConfigurationError(
                Problem(variable, f"unknown setting{did_you_mean(variable, known)}")
            )
    return _preset_first(given)


def from_arguments(settings: Mapping[str, Any] | None, **short: Any) -> list[Override]:
    """Read arguments of Python code: `settings` by key, and short names, None where not given."""
    given = [Override(key, value, "settings") for key, value in (settings or {}).items()]
    named = {name: value for name, value in short.items() if value is not None}
    given += [Override(SHORT[name], value, name) for name, value in named.items()]
    return _preset_first(given)


def from_assignment(text: str) -> Override:
    """Read `key.path=value` of `--set`. Raises ConfigurationError where there is no `=`."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise ConfigurationError(Problem("--set", f"{text!r} is not of the form key.path=value"))
    return from_text(key, value, f"--set {key}")


def from_text(key: str, text: str, origin: str) -> Override:
    """Read the value of a key as JSON, else, or where the key is textual, as it is."""
    value: Any = text
    textual = {"preset", *(setting.key for setting in table() if setting.textual)}
    if key not in textual:
        with suppress(ValueError, RecursionError):  # also of thousands of digits, or brackets
            value = json.loads(text)
    return Override(key, value, origin)


def _preset_first(given: Iterable[Override]) -> list[Override]:
    """Sort overrides of one origin: a preset is the weakest of them."""
    return sorted(given, key=lambda override: override.key != "preset")


def _variable(name: str) -> str:
    return PREFIX + name.upper().replace(".", "_")


def _expand(override: Override) -> Iterator[Override]:
    """Yield the overrides that a preset stands for: that of faults, and of the consistency with it."""
    key, value, origin = override.key, override.value, override.origin
    if key != "preset":
        yield override
        return
    if preset := FAULT_PRESETS.get(str(value)):
        yield Override("faults", value, origin)
        value = preset.consistency["preset"]
    yield Override("consistency.preset", value, origin)


def _leaves(schema: Mapping[str, Any], prefix: str) -> Iterator[Setting]:
    definitions: Mapping[str, Any] = document("config.schema")["$defs"]
    for name, part in schema["properties"].items():
        key = f"{prefix}{name}"
        resolved = {**definitions.get(part.get("$ref", "").rpartition("/")[2], {}), **part}
        if "default" in resolved:
            textual = resolved.get("type") == "string" or "enum" in resolved
            secret = resolved.get("writeOnly", False)
            yield Setting(key, resolved["default"], resolved["description"], textual, secret)
        elif "properties" in resolved:
            yield from _leaves(resolved, f"{key}.")


def _nest(key: str, value: Any) -> dict[str, Any]:
    for step in reversed(key.split(".")):
        value = {step: value}
    nested: dict[str, Any] = value
    return nested


def _keys(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _keys(f"{key}.{name}", item)
    else:
        yield key


def _plain(tree: dict[str, Any], path: str) -> dict[str, Any]:
    """Return a tree as JSON has it: dates, infinities and odd keys become values the schema rejects."""
    try:
        plain: dict[str, Any] = orjson.loads(
            orjson.dumps(tree, default=str, option=orjson.OPT_NON_STR_KEYS)
        )
    except TypeError as error:
        raise ConfigurationError(Problem(path, f"cannot be read: {error}")) from None
    return plain


def _with_origin(problem: Problem, origins: Mapping[str, str]) -> Problem:
    for key, origin in origins.items():
        if problem.path == key or problem.path.startswith((f"{key}[", f"{key}.")):
            return Problem(f"{problem.path} ({origin})", problem.message)
    return problem
