"""Tables, presets and their curves for people, JSON for programs."""

import json
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from sm_emulator.config.validation import validate_part
from sm_emulator.consistency.build import FAULT_PRESETS, PRESETS, build, resolve
from sm_emulator.consistency.curve import Point, curve
from sm_emulator.store.rules import SURFACES, WriteKind
from sm_emulator.values import printable

N = 2000  # writes that a curve is measured with
_GAP = "  "
_LEAST = 30  # columns that the last cell needs next to the others; else it is printed below them
_WIDTH = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"
_COLOURS = {"describe": "#0b6e99", "load": "#c2410c", "list": "#4d7c0f"}


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


def show_preset(
    name: str, after: WriteKind, seed: int, *, plot: bool, svg: Path | None, as_json: bool
) -> None:
    """Print one preset, with its curve if requested. Raises ConfigurationError for an unknown name.

    The rules of a preset of faults are printed as in a configuration file.
    """
    table = {"preset": name}
    found = FAULT_PRESETS.get(name)
    if found and (plot or svg):
        raise click.UsageError("--plot and --svg require the NAME of a preset of consistency")
    if found is None:
        validate_part(table, "consistency")
        found = next(p for p in PRESETS if p.name in {name, name.rstrip("0123456789") + "N"})
    points = curve(build(table), after, seed=seed, n=N) if plot or svg else []
    title = f"{name}: share of first reads that see a {after}, by its age (n = {N}, seed {seed})"
    if svg:
        svg.write_text(as_svg(points, title), encoding="utf-8")
    if as_json and found.faults:
        click.echo(json.dumps(asdict(found), indent=2))
    elif as_json:
        shown = {"name": name, "summary": found.summary, "basis": found.basis}
        measured = [{"age": point.age, **point.fresh} for point in points]
        click.echo(json.dumps({**shown, "consistency": resolve(table), "fresh": measured}, indent=2))
    else:
        click.secho(f"{name}: {found.summary}", bold=True)
        click.echo(f"basis: {found.basis}")
        if found.faults:
            click.echo(f"consistency: {found.consistency['preset']}")
        for rule in found.faults:
            click.echo(f"  {json.dumps(rule)}")
        if plot:
            click.echo("\n".join(["", title, *as_text(points)]))


def as_text(points: Sequence[Point]) -> list[str]:
    """Draw a bar for Describe, followed by the figures of all surfaces."""
    lines = [f"{'age':>8}  {'':<{_WIDTH}}" + "".join(f"{surface:>10}" for surface in SURFACES)]
    for age, fresh in points:
        figures = "".join(f"{fresh[surface]:>10.1%}" for surface in SURFACES)
        lines.append(f"{format_age(age):>8}  {_bar(fresh['describe']):<{_WIDTH}}{figures}")
    return lines


def format_age(age: float) -> str:
    return f"{age * 1000:g} ms" if age < 1 else f"{age:g} s"


def _bar(share: float) -> str:
    full, part = divmod(round(share * _WIDTH * 8), 8)
    return "█" * full + _EIGHTHS[part].strip()


def as_svg(points: Sequence[Point], title: str) -> str:
    """Draw a line for each surface, the ages evenly spaced."""
    from jinja2 import Environment  # noqa: PLC0415  keeps --help fast

    environment = Environment(autoescape=True, trim_blocks=True)
    template = environment.from_string(Path(__file__).with_name("curve.svg").read_text(encoding="utf-8"))
    return template.render(points=points, title=title, colours=_COLOURS, format_age=format_age)


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
