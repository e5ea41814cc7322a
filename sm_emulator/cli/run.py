"""`sm-emulator run`: a command against an emulator of its own, and a report of how it retried."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

import click

from sm_emulator.cli import child
from sm_emulator.cli.environment import environment_for
from sm_emulator.cli.options import JSON, SETTINGS, load, with_options
from sm_emulator.config.settings import Override
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.values import did_you_mean

if TYPE_CHECKING:
    from sm_emulator.report import Report

MISBEHAVED = 1
CANNOT_SERVE = 3
CANNOT_EXECUTE = 126
NOT_FOUND = 127

_FILE = click.File("w", encoding="utf-8", lazy=False)
_REPORT = [
    click.option("--report", "file", type=_FILE, help="Write the report there, not on stderr."),
    click.option("--html", type=_FILE, help="Write it as a page with a timeline, too."),
    click.option("--junit", type=_FILE, help="Write it as JUnit XML, too."),
    click.option(
        "--fail-on",
        multiple=True,
        metavar="FINDING[,…]",
        help="Exit with 1 where the report has this finding, or any. Repeatable.",
    ),
    click.option(
        "--max-attempts",
        type=click.IntRange(min=1),
        default=10,
        show_default=True,
        help="More at one thing are too many.",
    ),
]


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@with_options([*SETTINGS, *_REPORT, *JSON])
def run(
    *,
    command: tuple[str, ...],
    file: IO[str] | None,
    html: IO[str] | None,
    junit: IO[str] | None,
    fail_on: tuple[str, ...],
    max_attempts: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Run COMMAND against an emulator of its own, report how it retried, and exit with its code.

    Its output is left alone; the report goes to stderr, or a file. AWS_ENDPOINT_URL and its like lead
    to the emulator, no profile or credential of yours is seen.

    \b
      sm-emulator run --preset dynamodb-documented --time-scale 0.01 -- python deploy.py
      sm-emulator run --preset describe-lies --fail-on any --junit retries.xml -- pytest
      sm-emulator run --preset read-after-create-miss-2 --html report.html -- ./deploy.sh
    """  # noqa: D301  \b is click's mark for lines that stay as they are
    wanted = _wanted(fail_on)
    code, report = _run(command, options, max_attempts)
    told = json.dumps(report.as_json(), indent=2) if as_json else report.as_text(colour=_coloured())
    click.echo(told, file=file, err=True)  # without the colours where that is no terminal
    if html:
        html.write(report.as_html())
    if junit:
        junit.write(report.as_junit())
    misbehaved = bool(wanted & {finding.name for finding in report.findings})
    sys.exit(code or (MISBEHAVED if misbehaved else 0))


def _run(command: Sequence[str], options: dict[str, Any], max_attempts: int) -> tuple[int, Report]:
    from sm_emulator.emulator import Emulator  # noqa: PLC0415  --help must not wait for it

    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    emulator = Emulator.of(load(options, Override("server.port", 0, "run")))
    try:
        emulator.start()
    except OSError as error:
        click.echo(f"error: cannot serve: {error}", err=True)
        sys.exit(CANNOT_SERVE)
    try:
        code = child.run(command, environment_for(emulator.url, os.environ))
    except OSError as error:
        click.echo(f"error: cannot run {command[0]}: {error.strerror or error}", err=True)
        sys.exit(NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_EXECUTE)
    finally:
        emulator.stop()
    return code, emulator.control.report(max_attempts=max_attempts)


def _wanted(fail_on: Sequence[str]) -> set[str]:
    """Read `--fail-on`. Raises ConfigurationError for what is no finding."""
    from sm_emulator.report import FINDINGS  # noqa: PLC0415  --help must not wait for it

    names = {name.strip() for text in fail_on for name in text.split(",")}
    for name in sorted(names - {"any", *FINDINGS}):
        hint = did_you_mean(name, FINDINGS) or f"; there are any, {', '.join(sorted(FINDINGS))}"
        raise ConfigurationError(Problem("--fail-on", f"{name!r} is no finding{hint}"))
    return set(FINDINGS) if "any" in names else names


def _coloured() -> bool:
    return not os.environ.get("NO_COLOR")
