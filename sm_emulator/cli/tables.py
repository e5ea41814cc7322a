"""Tables for people, JSON for machines."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from sm_emulator.faults import FaultPreset

_GAP = "  "
_LEAST = 24


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print `rows`: as JSON whole, else their `columns`, the last of which is wrapped to fit."""
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    cells = [[_text(row[column]) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    before = sum(widths[:-1]) + len(_GAP) * (len(columns) - 1)
    room = max(_LEAST, shutil.get_terminal_size((120, 24)).columns - before)
    click.secho(_line(columns, widths), bold=True)
    for row in cells:
        first, *more = textwrap.wrap(row[-1], room) or [""]
        click.echo(_line([*row[:-1], first], widths))
        for line in more:
            click.echo(" " * before + line)


def show_faults(preset: FaultPreset, *, as_json: bool) -> None:
    """Print a preset of faults, its rules as the configuration file would have them in JSON."""
    if as_json:
        click.echo(json.dumps(asdict(preset), indent=2))
        return
    click.secho(f"{preset.name}: {preset.summary}", bold=True)
    click.echo(f"basis: {preset.basis}")
    click.echo(f"consistency: {preset.consistency}")
    for rule in preset.faults:
        click.echo(f"  {json.dumps(rule)}")


def show_verdict(found: Mapping[str, Any]) -> None:
    """Print what the checker found: nothing, or a violation with the events that show it."""
    violation = found["violation"]
    if violation is None:
        click.echo(f"{click.style('ok', fg='green')}: {found['events']} events, no violation")
        return
    click.echo(
        f"{click.style('violated', fg='red', bold=True)}: {violation['guarantee']}: "
        f"{violation['message']}"
    )
    for event in violation["events"]:
        told = ", ".join(f"{name} {_text(value)}" for name, value in event.items() if name != "event")
        click.echo(f"  {event['event']:<6} {told}")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return _GAP.join(padded).rstrip()


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
