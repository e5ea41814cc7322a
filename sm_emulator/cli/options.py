"""Options that commands share, and how they become settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from sm_emulator.config import settings as settings_module
from sm_emulator.config.settings import Override, Settings

SETTINGS = [
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        help="A TOML, YAML or JSON file, or a directory with a config.* of these.",
    ),
    click.option(
        "--preset", help="How stale reads are, and what goes wrong; see `sm-emulator presets`."
    ),
    click.option("--seed", help="Root of every random draw."),
    click.option("--clock", help="real or virtual; a virtual clock moves only by the admin API."),
    click.option("--time-scale", help="How many times as fast a real clock runs."),
    click.option(
        "--set",
        "assignments",
        multiple=True,
        metavar="KEY=VALUE",
        help="Any setting, its value as JSON; see `sm-emulator settings`. Repeatable.",
    ),
]
ADDRESS = [
    click.option("--host", help="Address to listen on.  [default: 127.0.0.1]"),
    click.option("--port", help="Port to listen on, 0 for a free one.  [default: 7243]"),
]
JSON = [click.option("--json", "as_json", is_flag=True, help="For machines.")]

Command = Callable[..., None]


def with_options(options: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def load(options: Mapping[str, Any], *weakest: Override) -> Settings:
    """Gather all layers, `weakest` first. The environment is read for settings here and nowhere else.

    Functions that `models.responses` names are looked for in the working directory too, last.
    """
    sys.path.append(str(Path.cwd()))
    file = options["config"] or os.environ.get("SM_EMULATOR_CONFIG")
    given = [*weakest, *(settings_module.from_file(Path(file)) if file else ())]
    given += settings_module.from_environment(os.environ)
    for name, key in settings_module.SHORT.items():
        if options.get(name) is not None:
            value = settings_module.value_of(key, options[name])
            given += settings_module.from_short(name, value, f"--{name.replace('_', '-')}")
    given += [settings_module.from_assignment(text) for text in options["assignments"]]
    return settings_module.load(given)
