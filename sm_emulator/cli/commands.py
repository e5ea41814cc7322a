"""The commands. Exit codes: 1 failed check, 2 wrong usage or configuration, 3 cannot serve."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sm_emulator.cli import running
from sm_emulator.cli.explore import explore
from sm_emulator.cli.health import health
from sm_emulator.cli.options import ADDRESS, JSON, SETTINGS, load, with_options
from sm_emulator.cli.output import show, show_preset, show_verdict
from sm_emulator.cli.run import CANNOT_SERVE, run
from sm_emulator.config import settings as settings_module
from sm_emulator.config.settings import Settings
from sm_emulator.consistency.validation import unreachable_rules
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.faults.rule import build_rules
from sm_emulator.faults.rule import unreachable_rules as unreachable_faults

if TYPE_CHECKING:
    from sm_emulator.emulator import Emulator
    from sm_emulator.store.rules import WriteKind

VIOLATED = 1


class _Group(click.Group):
    """Reports a wrong configuration by a message and exit code 2."""

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
    CreateEndpointConfig it may not find it, and no SDK retries that error. Find out here how your
    program handles it.
    """


@main.command()
@with_options([*ADDRESS, *SETTINGS])
def serve(**options: Any) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Prints `ready http://127.0.0.1:7243` on stdout once it accepts connections. Exits with 0.

    \b
      sm-emulator serve --preset read-after-create-miss-2
      sm-emulator serve --port 0 --preset dynamodb --seed 7 --time-scale 0.01
      sm-emulator serve --set lifecycle.creating_seconds=5
    """  # noqa: D301  \b keeps click from wrapping the lines
    from sm_emulator.emulator import Emulator  # noqa: PLC0415  keeps --help fast

    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    settings = load(options)
    _warn(settings)
    emulator = Emulator.of(settings)
    try:
        listener = emulator.listener()
        _banner(emulator)
        listener.run(lambda: click.echo(f"ready {listener.url}"))
    except OSError as error:
        reason = str(error.strerror or error).partition(" (")[0]  # asyncio and socket add the address
        address = f"{settings['server.host']}:{settings['server.port']}"
        click.echo(f"error: cannot listen on {address}: {reason}", err=True)
        sys.exit(CANNOT_SERVE)


main.add_command(run)
main.add_command(explore)
main.add_command(health)
for _command in (running.fault, running.journal, running.report, running.reset, running.settle):
    main.add_command(_command)


@main.command()
@click.option("--seed", default=30, show_default=True, help="Random seed.")
def demo(seed: int) -> None:
    """Show how a stale read breaks a deployment.

    A real boto3 client deploys a model three times: without care, by the documented advice, and with
    the retry that fixes it.
    """
    from sm_emulator.demo import run_demo  # noqa: PLC0415  imports boto3

    sys.exit(run_demo(seed))


@main.command()
@click.argument("name", required=False)
@click.option("--plot", is_flag=True, help="Measure and plot the freshness of reads by age.")
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Write the plot as SVG.")
@click.option("--after", type=click.Choice(["create", "update", "delete"]), default="create")
@click.option("--seed", default=0, show_default=True, help="Random seed.")
@with_options(JSON)
def presets(
    *, name: str | None, plot: bool, svg: Path | None, after: WriteKind, seed: int, as_json: bool
) -> None:
    """List the presets, or show one by NAME.

    A single preset is shown with the basis of its figures.

    \b
      sm-emulator presets
      sm-emulator presets dynamodb --plot
      sm-emulator presets s3-2014 --plot --after delete --svg curve.svg
    """  # noqa: D301  \b keeps click from wrapping the lines
    from sm_emulator.control.tables import preset_rows  # noqa: PLC0415

    if name is not None:
        show_preset(name, after, seed, plot=plot, svg=svg, as_json=as_json)
    elif plot or svg:
        raise click.UsageError("--plot and --svg require the NAME of a preset")
    else:
        show(preset_rows(), ("name", "summary"), as_json=as_json)


@main.command()
@with_options(JSON)
def operations(*, as_json: bool) -> None:
    """List the operations and their implementations.

    Each is implemented by sm-emulator, by moto, or by neither.
    """
    from sm_emulator.control.tables import operation_rows  # noqa: PLC0415

    show(operation_rows(), ("implemented", "service", "operation"), as_json=as_json)


@main.command()
@with_options([*SETTINGS, *JSON])
def settings(*, as_json: bool, **options: Any) -> None:
    """List the settings, their values and origins.

    Command line beats environment (SM_EMULATOR_<KEY>) beats file beats default.
    """
    from sm_emulator.control.tables import setting_rows  # noqa: PLC0415

    rows = setting_rows(load(options))
    show(rows, ("key", "value", "origin", "help"), as_json=as_json)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Validate a configuration FILE.

    Exits with 0, or with 2 and a message for each error that names the key.
    """
    _warn(settings_module.load(settings_module.from_file(file)))
    click.echo(f"{file} is valid")


@main.command("check-history")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--session", multiple=True, help="Guarantee to check (ryw, mr, mw, wfr). Repeatable.")
@with_options(JSON)
def check_history(*, file: str, session: tuple[str, ...], as_json: bool) -> None:
    """Check a recorded history for violations.

    Exits with 1 and shows the first violation if there is one. FILE (- for standard input) is the
    response of `GET /_emulator/scenarios/{id}/history`.

    \b
      curl -s localhost:7243/_emulator/scenarios/default/history > history.json
      sm-emulator check-history history.json --session mr
    """  # noqa: D301  \b keeps click from wrapping the lines
    from sm_emulator.control.history import from_json, verdict  # noqa: PLC0415

    try:
        with click.open_file(file, "rb") as opened:
            recorded = json.load(opened)
    except ValueError as error:
        raise ConfigurationError(Problem(file, f"is not JSON: {error}")) from None
    found = verdict(from_json(recorded), session or None)
    show_verdict(found, as_json=as_json)
    sys.exit(0 if found["ok"] else VIOLATED)


def _warn(settings: Settings) -> None:
    """Print a warning for each rule that can never match or act."""
    faults = build_rules(settings["faults"])
    for problem in [*unreachable_rules(settings["consistency"]), *unreachable_faults(faults)]:
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {problem}", err=True)


def _banner(emulator: Emulator) -> None:
    from sm_emulator.values import is_loopback  # noqa: PLC0415  keeps --help fast

    settings = emulator.settings
    rules = json.dumps([rule["name"] for rule in settings["consistency.rules"]])
    names = [rule.name for rule in build_rules(settings["faults"])]
    faults = f", faults {json.dumps(names)}" if names else ""
    preset = f"preset {emulator.control.peek('default').summary()['preset']} (rules {rules}{faults})"
    head = f"sm-emulator {emulator.control.version}  seed {settings['seed']}"
    click.echo(f"{head}  {preset}  {settings['clock.mode']} clock", err=True)
    if settings["reproducible"]:
        from sm_emulator.control.virtual_time import variables  # noqa: PLC0415  keeps --help fast

        needed = variables({})
        for language, name in (("Python", "PYTHONPATH"), ("Node", "NODE_OPTIONS")):
            text = f"{language} programs sleep in virtual time with {name}={needed[name]}"
            click.echo(text, err=True)
    if not is_loopback(host := settings["server.host"]):
        warning = click.style("warning:", fg="yellow", bold=True)
        reach = f"listening on {host}, which other machines may reach; there is no authentication"
        click.echo(f"{warning} {reach}", err=True)
