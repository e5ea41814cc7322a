"""`sm-emulator run`: a command against a new emulator, and a report on its retries."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

import click

from sm_emulator.cli import child
from sm_emulator.cli.options import JSON, SETTINGS, SETUP, Duration, load, setup_words, with_options
from sm_emulator.cli.replay import MISFIT, Replay, overrides, read_schedule
from sm_emulator.config.settings import Override
from sm_emulator.errors import ConfigurationError, Problem, SetupError
from sm_emulator.values import printable

if TYPE_CHECKING:
    from sm_emulator.report.report import Report
    from sm_emulator.schedule.file import ScheduleFile

FINDING = 1
CANNOT_SERVE = 3
CANNOT_EXECUTE = 126
NOT_FOUND = 127

_FILE = click.File("w", encoding="utf-8", lazy=False)
_REPORT = [
    click.option("--report", "file", type=_FILE, metavar="FILE", help="Report file, instead of stderr."),
    click.option("--html", type=_FILE, metavar="FILE", help="Also write a page with a timeline."),
    click.option("--junit", type=_FILE, metavar="FILE", help="Also write JUnit XML."),
    click.option(
        "--fail-on", multiple=True, metavar="FINDING[,…]", help="Exit with 1 on this finding, or `any`."
    ),
    click.option(
        "--max-attempts",
        type=click.IntRange(min=1),
        default=10,
        show_default=True,
        help="Most attempts at one call.",
    ),
    click.option(
        "--schedule",
        metavar="TEXT|FILE",
        help="What is late or fails; implies --reproducible.",
    ),
    click.option("--max-lag", type=Duration(), help="How long reads of --schedule are late."),
    *SETUP,
    click.option("--all-services", is_flag=True, help="Check calls to other services, too."),
    click.option("--cleans-up", is_flag=True, help="Report resources left after success, too."),
]


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, metavar="COMMAND...", type=click.UNPROCESSED)
@with_options([*SETTINGS, *_REPORT, *JSON])
def run(
    *,
    command: tuple[str, ...],
    file: IO[str] | None,
    html: IO[str] | None,
    junit: IO[str] | None,
    fail_on: tuple[str, ...],
    max_attempts: int,
    all_services: bool,
    cleans_up: bool,
    schedule: str | None,
    max_lag: float | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Run COMMAND against a new emulator, and report its retries.

    Exits with the command's code, or 4 where a schedule does not fit it. Its output is passed through;
    the report goes to stderr or a file.
    SIGINT, SIGTERM and SIGHUP are forwarded to it: one that ends it is 130, 143 or 129, so that a
    cancelled job does not pass. A second signal kills the command.
    AWS_ENDPOINT_URL and related variables point to the emulator; your profiles and credentials are
    hidden from the command.

    \b
      sm-emulator run --reproducible --preset dynamodb -- python deploy.py
      sm-emulator run --reproducible --preset lost-reply --fail-on any -- pytest
      sm-emulator run --preset describe-lies --html report.html -- ./deploy.sh
      sm-emulator run --schedule 'CreateEndpoint(ep)#1 lost' -- python deploy.py
    """  # noqa: D301  \b keeps click from wrapping the lines
    failing = _failing(fail_on)
    scheduled = _scheduled(schedule, max_lag, options)
    command = command or (scheduled.command if scheduled else ())
    if not command:
        raise click.UsageError("Missing argument 'COMMAND...'.")
    report, misfit = _run(
        command,
        options,
        scheduled,
        cleans_up=cleans_up,
        max_attempts=max_attempts,
        all_services=all_services,
    )
    text = (
        json.dumps(report.as_json(), indent=2)
        if as_json
        else report.as_text(colour=not os.environ.get("NO_COLOR"))
    )
    click.echo(text, file=file, err=True)  # click strips colours unless err is a terminal
    if html:
        html.write(report.as_html())
    if junit:
        junit.write(report.as_junit())
    if "GITHUB_ACTIONS" in os.environ and (file or not as_json):  # else stderr is JSON
        _annotate(report, failing)
    found = bool(failing & {finding.name for finding in report.findings})
    code = report.run.exit_code if report.run else 0
    if misfit:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {misfit}", err=True)
        sys.exit(MISFIT)
    sys.exit(code or (FINDING if found else 0))


def _run(
    command: tuple[str, ...],
    options: dict[str, Any],
    scheduled: ScheduleFile | None,
    *,
    cleans_up: bool,
    **judged: Any,
) -> tuple[Report, str | None]:
    """Return the report on a run, and why a schedule does not fit the command, if it does not."""
    from sm_emulator.clock import real_time  # noqa: PLC0415  keeps --help fast
    from sm_emulator.control import handover, virtual_time  # noqa: PLC0415
    from sm_emulator.control.clients import environment_for  # noqa: PLC0415
    from sm_emulator.emulator import Emulator  # noqa: PLC0415
    from sm_emulator.report.trace import Run  # noqa: PLC0415
    from sm_emulator.wire.call import DEFAULT_ACCOUNT  # noqa: PLC0415

    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    weakest = [Override("server.port", 0, "run"), *(overrides(scheduled) if scheduled else ())]
    emulator = Emulator.of(load(options, *weakest))
    late = options["setup_late"]
    setup = setup_words(options["setup"], late=late)
    replay = Replay(emulator.scenario(), scheduled, setup, setup_late=late) if scheduled else None
    try:
        emulator.start()
    except OSError as error:
        click.echo(f"error: cannot serve: {error}", err=True)
        sys.exit(CANNOT_SERVE)
    monotonic = real_time("monotonic")
    began = monotonic()
    with TemporaryDirectory(prefix="sm-emulator-") as folder:
        handover.offer(Path(folder), emulator.settings.for_tests())
        environment = environment_for(emulator.url, DEFAULT_ACCOUNT, os.environ)
        environment[handover.VARIABLE] = folder
        if emulator.settings["reproducible"] and emulator.settings["clock.mode"] == "virtual":
            environment |= virtual_time.variables(os.environ)
        try:
            code = (replay or child).run(command, environment)
        except OSError as error:
            click.echo(f"error: cannot run {command[0]}: {error.strerror or error}", err=True)
            sys.exit(NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_EXECUTE)
        except SetupError as error:
            click.echo(f"error: the set-up fails: {printable(str(error))}", err=True)
            sys.exit(MISFIT)
        finally:
            emulator.stop()
        run = Run(command, code, monotonic() - began, cleans_up)
        report = emulator.control.report(run=run, tests=handover.recorded(Path(folder)), **judged)
    return report, replay.misfit() if replay else None


def _scheduled(text: str | None, max_lag: float | None, options: dict[str, Any]) -> ScheduleFile | None:
    """Return what `--schedule` names, with what other options say of it. Raises ConfigurationError."""
    if text is not None:
        file = read_schedule(text)
        return file if max_lag is None else replace(file, max_lag=max_lag)
    for name, given in {"--max-lag": max_lag is not None, "--setup": options["setup"]}.items():
        if given:
            raise ConfigurationError(Problem(name, "needs --schedule"))
    return None


def _annotate(report: Report, failing: set[str]) -> None:
    """Show the findings where a job on GitHub shows them: as annotations, and in its summary."""
    from sm_emulator.report.text import annotation  # noqa: PLC0415  keeps --help fast

    for found in report.findings:
        level = "error" if found.name in failing else "warning"
        text = printable(f"{found.message} {found.advice}")
        click.echo(annotation(level, f"sm-emulator: {found.name}", text), err=True)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"\n````text\n{report.as_text()}\n````\n")


def _failing(fail_on: Sequence[str]) -> set[str]:
    """Return the names in `--fail-on`. Raises ConfigurationError for an unknown one."""
    from sm_emulator.report.finding import select  # noqa: PLC0415  keeps --help fast

    return select({name.strip() for text in fail_on for name in text.split(",")}, "--fail-on")
