"""The commands, and how their errors leave: 2 wrong usage or configuration, 3 cannot serve."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sm_emulator import settings as settings_module
from sm_emulator.cli.tables import show
from sm_emulator.errors import ConfigurationError
from sm_emulator.settings import Given, Settings

if TYPE_CHECKING:
    from sm_emulator.emulator import Emulator

CANNOT_SERVE = 3

_OPTIONS = [
    click.option("--config", type=click.Path(path_type=Path), help="A TOML, YAML or JSON file."),
    click.option("--preset", help="How stale reads are; see `sm-emulator presets`."),
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
_ADDRESS = [
    click.option("--host", help="Address to listen on.  [default: 127.0.0.1]"),
    click.option("--port", help="Port to listen on, 0 for a free one.  [default: 7243]"),
]
_JSON = [click.option("--json", "as_json", is_flag=True, help="For machines.")]

Command = Callable[..., None]


def _with(options: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


class _Group(click.Group):
    """Turns a wrong configuration into a message and exit code 2, never into a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            for problem in error.problems:
                click.echo(f"{click.style('error:', fg='red', bold=True)} {problem}", err=True)
            ctx.exit(2)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `sm-emulator demo`, then `sm-emulator serve --preset dynamodb` and "
    "AWS_ENDPOINT_URL_SAGEMAKER=http://127.0.0.1:7243 in your program's environment.",
)
@click.version_option(package_name="sm-emulator")
def main() -> None:
    """Emulate SageMaker hosting locally, with reads that are stale on purpose, by seed.

    SageMaker's CreateEndpoint reads the endpoint configuration eventually consistently: right after
    CreateEndpointConfig it may not find it, and no SDK retries that. Find out here what your
    program does then.
    """


@main.command()
@_with([*_ADDRESS, *_OPTIONS])
def serve(**options: Any) -> None:
    """Serve until Ctrl-C or SIGTERM, then exit with 0.

    Prints one line on stdout once it accepts connections: `ready http://127.0.0.1:7243`.

    \b
      sm-emulator serve --preset read-after-create-miss-2
      sm-emulator serve --port 0 --preset dynamodb --seed 7 --time-scale 0.01
      sm-emulator serve --set lifecycle.creating_seconds=5
    """  # noqa: D301  \b is click's mark for lines that stay as they are
    from sm_emulator.emulator import Emulator  # noqa: PLC0415  --help must not wait for it

    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    settings = _load(options)
    emulator = Emulator.of(settings)
    try:
        listener = emulator.listener()
    except OSError as error:
        reason = str(error.strerror or error).partition(" (")[0]  # asyncio and socket add the address
        address = f"{settings['server.host']}:{settings['server.port']}"
        click.echo(f"error: cannot listen on {address}: {reason}", err=True)
        sys.exit(CANNOT_SERVE)
    _banner(emulator)
    listener.run(lambda: click.echo(f"ready {listener.url}"))


@main.command()
@click.option("--seed", default=30, show_default=True, help="Root of every random draw.")
def demo(seed: int) -> None:
    """Tell, with a real boto3 client, how a stale read breaks a deployment and a retry mends it."""
    from sm_emulator.demo import tell  # noqa: PLC0415  imports boto3

    try:
        sys.exit(tell(seed))
    except ImportError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@_with(_JSON)
def presets(*, as_json: bool) -> None:
    """List the presets, what they do, and how well their figures are founded."""
    from sm_emulator.emulator import preset_rows  # noqa: PLC0415

    show(preset_rows(), ("name", "summary", "basis"), as_json=as_json)


@main.command()
@_with(_JSON)
def operations(*, as_json: bool) -> None:
    """List the operations that are implemented (with --json: all of SageMaker's)."""
    from sm_emulator.emulator import operation_rows  # noqa: PLC0415

    rows = operation_rows()
    if not as_json:
        rows = [row for row in rows if row["implemented"]]
    show(rows, ("operation",), as_json=as_json)


@main.command()
@_with([*_OPTIONS, *_JSON])
def settings(*, as_json: bool, **options: Any) -> None:
    """List every setting, its value, and where that came from.

    Command line beats environment (SM_EMULATOR_<KEY>) beats file beats default.
    """
    from sm_emulator.emulator import setting_rows  # noqa: PLC0415

    rows = setting_rows(_load(options))
    show(rows, ("key", "value", "origin", "help"), as_json=as_json)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Tell whether a configuration FILE is valid; if not, exit with 2 and say where and why."""
    settings_module.load(settings_module.from_file(file))
    click.echo(f"{file} is valid")


def _load(options: Mapping[str, Any]) -> Settings:
    """Gather all layers, weakest first. The environment is read here and nowhere else."""
    file = options["config"] or os.environ.get("SM_EMULATOR_CONFIG")
    given = settings_module.from_file(Path(file)) if file else []
    given += settings_module.from_environment(os.environ)
    for name, key in settings_module.SHORT.items():
        if options.get(name) is not None:
            value = settings_module.value_of(key, options[name])
            given.append(Given(key, value, f"--{name.replace('_', '-')}"))
    given += [settings_module.from_assignment(text) for text in options["assignments"]]
    return settings_module.load(given)


def _banner(emulator: Emulator) -> None:
    settings = emulator.settings
    rules = json.dumps([rule["name"] for rule in settings["consistency.rules"]])
    click.echo(
        f"sm-emulator {emulator.control.version}  seed {settings['seed']}  "
        f"preset {settings['consistency.preset']} (rules {rules})  {settings['clock.mode']} clock",
        err=True,
    )
    if settings["server.host"] not in {"127.0.0.1", "localhost", "::1"}:
        warning = click.style("warning:", fg="yellow", bold=True)
        click.echo(
            f"{warning} listening on {settings['server.host']}, which other machines may reach; "
            "nothing here is authenticated",
            err=True,
        )
