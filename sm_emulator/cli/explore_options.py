"""The options of `explore`."""

from __future__ import annotations

import click

from sm_emulator.cli.options import SETUP, Duration

# How many breaks are shown, unless `--all` is given
SHOWN = 5
# Seconds, as a schedule has by itself
MAX_LAG = 5.0
_FILE = click.File("w", encoding="utf-8", lazy=False)


OPTIONS = [
    click.option(
        "-k", type=click.IntRange(min=1), default=1, show_default=True, help="Most causes at a time."
    ),
    click.option(
        "--stale",
        type=click.Choice(["all", "documented", "none"]),
        default="all",
        show_default=True,
        help="Which reads are late: all, or those of which AWS documents it.",
    ),
    click.option(
        "--faults",
        default="lost,503",
        show_default=True,
        metavar="KIND[,…]",
        help="Failures of requests: lost, 503, throttle, 500-after, reset; or none.",
    ),
    click.option("--outcomes", is_flag=True, help="Endpoints fail to create or update, or are slow."),
    click.option("--crash", is_flag=True, help="End COMMAND after a write, and start it again."),
    click.option("--exact", is_flag=True, help="Try what is else taken to be survived, too."),
    click.option(
        "--max-lag", type=Duration(), default=MAX_LAG, show_default="5s", help="How long reads are late."
    ),
    click.option("--budget", metavar="RUNS|TIME", help="Stop after 500 runs, or 60s."),
    click.option(
        "-j",
        "jobs",
        type=click.IntRange(min=1),
        help="Workers, each with its emulator.  [default: 1; 4 in real time]",
    ),
    click.option(
        "--invariant",
        "invariants",
        multiple=True,
        metavar="TEXT",
        help="What must hold in the end: 'endpoint churn is InService'. Repeatable.",
    ),
    click.option(
        "--timeout", type=Duration(), default="120s", show_default=True, help="Longest time of a run."
    ),
    *SETUP,
    click.option(
        "--time",
        "mode",
        type=click.Choice(["auto", "virtual", "real"]),
        default="auto",
        show_default=True,
        help="virtual: sleeps of Python and Node take no time.",
    ),
    click.option(
        "--preload",
        multiple=True,
        metavar="MODULE",
        help="Import once for all runs of a Python program; none: not even boto3. Repeatable.",
    ),
    click.option("--all", "whole", is_flag=True, help=f"Show every break, not only {SHOWN}."),
    click.option(
        "--json", "json_file", type=_FILE, metavar="FILE", help="Also write JSON; - for stdout."
    ),
    click.option("--html", type=_FILE, metavar="FILE", help="Also write a page with timelines."),
    click.option("--junit", type=_FILE, metavar="FILE", help="Also write JUnit XML."),
]
