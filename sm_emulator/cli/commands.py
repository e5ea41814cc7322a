"""The commands. Exit codes: 1 a check failed, 2 wrong usage or configuration, 3 cannot serve."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sm_emulator.cli.options import ADDRESS, JSON, SETTINGS, load, with_options
from sm_emulator.cli.run import CANNOT_SERVE, run
from sm_emulator.cli.tables import show, show_faults, show_verdict
from sm_emulator.config import settings as settings_module
from sm_emulator.config.settings import Settings
from sm_emulator.consistency.validation import unreachable_rules
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.faults import FAULT_PRESETS, build_rules
from sm_emulator.faults import unreachable_rules as faults_in_vain

if TYPE_CHECKING:
    from sm_emulator.emulator import Emulator
    from sm_emulator.store import Kind

VIOLATED = 1


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
@with_options([*ADDRESS, *SETTINGS])
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
    settings = load(options)
    _warn(settings)
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


main.add_command(run)


@main.command()
@click.option("--url", help="Where it serves.  [default: what the environment tells `serve`]")
def health(url: str | None) -> None:
    """Ask a running emulator whether it is well: exit with 0, or 1 and the reason.

    Without --url it asks this machine, at the port of SM_EMULATOR_PORT or of the file that
    SM_EMULATOR_CONFIG names, else at 7243. The container's health check is this command.

    \b
      sm-emulator health
      sm-emulator health --url http://127.0.0.1:7243
      until sm-emulator health; do sleep 0.2; done
    """  # noqa: D301  \b is click's mark for lines that stay as they are
    from sm_emulator.cli.health import address, ask  # noqa: PLC0415

    url = url or address(load({"config": None, "assignments": ()}))
    click.echo(f"ok {url}  {ask(url)}")


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
@click.argument("name", required=False)
@click.option("--plot", is_flag=True, help="Measure and draw how fresh reads are, by age.")
@click.option("--svg", type=click.Path(path_type=Path), help="Draw that into a file, as SVG.")
@click.option("--after", type=click.Choice(["create", "update", "delete"]), default="create")
@click.option("--seed", default=0, show_default=True, help="Root of every random draw.")
@with_options(JSON)
def presets(
    *, name: str | None, plot: bool, svg: Path | None, after: Kind, seed: int, as_json: bool
) -> None:
    """List the presets, what they do, and how well their figures are founded; or one, by NAME.

    \b
      sm-emulator presets
      sm-emulator presets dynamodb --plot
      sm-emulator presets s3-2014 --plot --after delete --svg curve.svg
    """  # noqa: D301  \b is click's mark for lines that stay as they are
    from sm_emulator.cli import plots  # noqa: PLC0415
    from sm_emulator.control.tables import preset_rows  # noqa: PLC0415

    named = {preset.name: preset for preset in FAULT_PRESETS}
    if name is None:
        if plot or svg:
            raise click.UsageError("--plot and --svg draw one preset: give its NAME")
        show(preset_rows(), ("name", "summary", "basis"), as_json=as_json)
        return
    if name in named:
        if plot or svg:
            raise click.UsageError(f"{name} is a preset of faults, which has no curve")
        show_faults(named[name], as_json=as_json)
        return
    plots.preset(name, after, seed, plot=plot, svg=svg, as_json=as_json)


@main.command()
@with_options(JSON)
def operations(*, as_json: bool) -> None:
    """List the operations, and who implements each: sm-emulator, moto behind it, or neither."""
    from sm_emulator.control.tables import operation_rows  # noqa: PLC0415

    show(operation_rows(), ("implemented", "service", "operation"), as_json=as_json)


@main.command()
@with_options([*SETTINGS, *JSON])
def settings(*, as_json: bool, **options: Any) -> None:
    """List every setting, its value, and where that came from.

    Command line beats environment (SM_EMULATOR_<KEY>) beats file beats default.
    """
    from sm_emulator.control.tables import setting_rows  # noqa: PLC0415

    rows = setting_rows(load(options))
    show(rows, ("key", "value", "origin", "help"), as_json=as_json)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Tell whether a configuration FILE is valid; if not, exit with 2 and say where and why."""
    settings = settings_module.load(settings_module.from_file(file))
    _warn(settings)
    click.echo(f"{file} is valid")


@main.command("check-history")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--session",
    multiple=True,
    metavar="GUARANTEE",
    help="Expect this guarantee (ryw, mr, mw, wfr), not those that were in force. Repeatable.",
)
@with_options(JSON)
def check_history(*, file: str, session: tuple[str, ...], as_json: bool) -> None:
    """Check a recorded history: exit with 1 and show the first violation, if there is one.

    FILE (- for standard input) is what `GET /_emulator/scenarios/{id}/history` answers.

    \b
      curl -s localhost:7243/_emulator/scenarios/default/history | sm-emulator check-history -
      sm-emulator check-history history.json --session mr
    """  # noqa: D301  \b is click's mark for lines that stay as they are
    from sm_emulator.control.history import from_json, verdict  # noqa: PLC0415

    try:
        with click.open_file(file, "rb") as opened:
            recorded = json.load(opened)
    except ValueError as error:
        raise ConfigurationError(Problem(file, f"is not JSON: {error}")) from None
    found = verdict(from_json(recorded), session or None)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        show_verdict(found)
    sys.exit(0 if found["ok"] else VIOLATED)


def _warn(settings: Settings) -> None:
    """Tell of rules that can never match or act."""
    faults = build_rules(settings["faults"])
    for problem in [*unreachable_rules(settings["consistency"]), *faults_in_vain(faults)]:
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {problem}", err=True)


def _banner(emulator: Emulator) -> None:
    from sm_emulator.server.origin_policy import is_loopback  # noqa: PLC0415  --help must not wait for it

    settings = emulator.settings
    rules = json.dumps([rule["name"] for rule in settings["consistency.rules"]])
    names = [rule.name for rule in build_rules(settings["faults"])]
    faults = f", faults {json.dumps(names)}" if names else ""
    click.echo(
        f"sm-emulator {emulator.control.version}  seed {settings['seed']}  "
        f"preset {settings['consistency.preset']} (rules {rules}{faults})  "
        f"{settings['clock.mode']} clock",
        err=True,
    )
    if not is_loopback(settings["server.host"]):
        warning = click.style("warning:", fg="yellow", bold=True)
        click.echo(
            f"{warning} listening on {settings['server.host']}, which other machines may reach; "
            "nothing here asks who they are",
            err=True,
        )
