"""Options that commands share, and how they become settings."""

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from sm_emulator.config import settings as settings_module
from sm_emulator.config.settings import Override, Settings
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.values import is_duration, seconds

_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path), help="A file, or a folder with config.*."
)
_SEED = click.option("--seed", help="Random seed.")
_SET = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any setting, with its value as JSON; see `sm-emulator settings`. Repeatable.",
)
SETTINGS = [
    _CONFIG,
    click.option("--preset", help="Consistency and fault preset; see `sm-emulator presets`."),
    _SEED,
    click.option("--clock", help="real or virtual; only the admin API moves a virtual clock."),
    click.option(
        "--reproducible",
        is_flag=True,
        flag_value="true",
        help="Equal runs: virtual time, 25 ms a request.",
    ),
    click.option("--time-scale", help="Speed of a real clock, as a multiple of wall time."),
    _SET,
]
# Without those that an exploration decides itself
EXPLORED = [_CONFIG, _SEED, _SET]
ADDRESS = [
    click.option("--host", help="Address to listen on.  [default: 127.0.0.1]"),
    click.option("--port", help="Port to listen on, 0 for a free one.  [default: 7243]"),
    click.option("--log", help="Log each request on stderr: text or json."),
]
SETUP = [
    click.option("--setup", metavar="COMMAND", help="Run this first: what exists before."),
    click.option("--setup-late", is_flag=True, help="What --setup writes can be read late, too."),
]
JSON = [click.option("--json", "as_json", is_flag=True, help="Output as JSON.")]

Command = Callable[..., None]


class Duration(click.ParamType[float]):
    """A time with a unit, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        if not is_duration(value):
            self.fail(f"{value!r} is not a duration like 5s, 500ms or 2m", param, ctx)
        return seconds(value)


def setup_words(setup: str | None, *, late: bool) -> tuple[str, ...]:
    """Return the words of `--setup`. Raises ConfigurationError."""
    if setup is None:
        if late:
            raise ConfigurationError(Problem("--setup-late", "needs --setup"))
        return ()
    try:
        return tuple(shlex.split(setup))
    except ValueError as error:
        raise ConfigurationError(Problem("--setup", f"{setup!r} is not a command: {error}")) from None


def with_options(options: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def load(options: Mapping[str, Any], *weakest: Override) -> Settings:
    """Return the settings of all layers, `weakest` first. Only here are they read from the environment.

    The working directory is searched last for functions that `models.responses` names.
    """
    sys.path.append(str(Path.cwd()))
    file = options["config"] or os.environ.get("SM_EMULATOR_CONFIG")
    layers = [*weakest, *(settings_module.from_file(Path(file)) if file else ())]
    layers += settings_module.from_environment(os.environ)
    for name, key in settings_module.SHORT.items():
        if options.get(name) is not None:
            origin = f"--{name.replace('_', '-')}"
            layers.append(settings_module.from_text(key, options[name], origin))
    layers += [settings_module.from_assignment(text) for text in options["assignments"]]
    return settings_module.load(layers)
