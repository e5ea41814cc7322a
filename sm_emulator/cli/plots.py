"""Curves of freshness: as text, as SVG, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from jinja2 import Environment

from sm_emulator.config.validation import validate_consistency
from sm_emulator.consistency.build import build, resolve
from sm_emulator.consistency.curve import Point, curve
from sm_emulator.consistency.presets import PRESETS
from sm_emulator.store import SURFACES, WriteKind

N = 2000
_WIDTH = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"
_COLOURS = {"describe": "#0b6e99", "load": "#c2410c", "list": "#4d7c0f"}


def preset(
    name: str, after: WriteKind, seed: int, *, plot: bool, svg: Path | None, as_json: bool
) -> None:
    """Show one preset, with its curve if requested. Raises ConfigurationError for an unknown name."""
    table = {"preset": name}
    validate_consistency(table)
    found = next(p for p in PRESETS if p.name in {name, name.rstrip("0123456789") + "N"})
    points = curve(build(table), after, seed=seed, n=N) if plot or svg else []
    if as_json:
        shown = {"name": name, "summary": found.summary, "basis": found.basis}
        measured = [{"age": point.age, **point.fresh} for point in points]
        click.echo(json.dumps({**shown, "consistency": resolve(table), "fresh": measured}, indent=2))
    else:
        click.secho(f"{name}: {found.summary}", bold=True)
        click.echo(f"basis: {found.basis}")
    title = f"{name}: share of first reads that see a {after}, by its age (n = {N}, seed {seed})"
    if plot and not as_json:
        click.echo(f"\n{title}")
        for line in as_text(points):
            click.echo(line)
    if svg:
        svg.write_text(as_svg(points, title), encoding="utf-8")


def as_text(points: Sequence[Point]) -> list[str]:
    """Draw a bar for Describe, followed by the figures of all surfaces."""
    lines = [f"{'age':>8}  {'':<{_WIDTH}}" + "".join(f"{surface:>10}" for surface in SURFACES)]
    for age, fresh in points:
        figures = "".join(f"{fresh[surface]:>10.1%}" for surface in SURFACES)
        lines.append(f"{format_age(age):>8}  {_bar(fresh['describe']):<{_WIDTH}}{figures}")
    return lines


def format_age(age: float) -> str:
    """Return a time with its unit."""
    return f"{age * 1000:g} ms" if age < 1 else f"{age:g} s"


def _bar(share: float) -> str:
    full, part = divmod(round(share * _WIDTH * 8), 8)
    return "█" * full + _EIGHTHS[part].strip()


def as_svg(points: Sequence[Point], title: str) -> str:
    """Draw a line for each surface, the ages evenly spaced."""
    environment = Environment(autoescape=True, trim_blocks=True)
    template = environment.from_string(Path(__file__).with_name("curve.svg").read_text(encoding="utf-8"))
    return template.render(points=points, title=title, colours=_COLOURS, format_age=format_age)
