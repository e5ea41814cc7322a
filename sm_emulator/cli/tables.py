"""Tables for people, JSON for programs."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from sm_emulator.consistency.presets import Preset
from sm_emulator.values import printable

_GAP = "  "
_LEAST = 30  # columns that the last cell needs next to the others; else it is printed below them


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print `rows`: as JSON whole, else their `columns`, wrapped to the width of the terminal."""
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    width = shutil.get_terminal_size().columns
    cells = [[_text(row[column]) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    indent = sum(widths[:-1]) + len(_GAP) * (len(columns) - 1)
    below = widths[-1] > width - indent < _LEAST
    click.secho(_line(columns, [] if below else widths), bold=True)
    for row in cells:
        if below:
            _wrap(_line(row[:-1], []), width)
            _wrap(_GAP * 2 + row[-1], width)
        else:
            _wrap(_line(row, widths), width, " " * indent)


def _wrap(line: str, width: int, indent: str = _GAP * 2) -> None:
    options = {"subsequent_indent": indent, "replace_whitespace": False, "break_on_hyphens": False}
    for part in textwrap.wrap(line, width, **options):  # type: ignore[arg-type]
        click.echo(part)


def show_faults(preset: Preset, *, as_json: bool) -> None:
    """Print a preset of faults, its rules in JSON as in a configuration file."""
    if as_json:
        click.echo(json.dumps(asdict(preset), indent=2))
        return
    click.secho(f"{preset.name}: {preset.summary}", bold=True)
    click.echo(f"basis: {preset.basis}")
    click.echo(f"consistency: {preset.consistency['preset']}")
    for rule in preset.faults:
        click.echo(f"  {json.dumps(rule)}")


def show_verdict(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the result of a check: no violation, or the first one with its events."""
    violation = found["violation"]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if violation is None:
        click.echo(f"{click.style('ok', fg='green')}: {found['events']} events, no violation")
        return
    message = printable(f"{violation['guarantee']}: {violation['message']}")
    click.echo(f"{click.style('violated', fg='red', bold=True)}: {message}")
    for event in violation["events"]:
        members = ", ".join(f"{name} {_text(value)}" for name, value in event.items() if name != "event")
        click.echo(printable(f"  {event['event']:<6} {members}"))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)] if widths else cells
    return _GAP.join(padded).rstrip()


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
