"""Bars as SVG. Twelve bars do not need a plotting library, which would be the heaviest thing here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABELS, BAR = 760, 290, 18
BLUE, LIGHT, GREY = "#0b6e99", "#6fb1cc", "#b8b8b8"


@dataclass(frozen=True, slots=True)
class Panel:
    """A title, and values by name: median, least and most."""

    title: str
    values: Mapping[str, tuple[float, float, float]]


def draw(panels: Sequence[Panel], foot: str) -> str:
    """Draw a panel under the other; the first name is ours, and those that begin with it."""
    parts: list[str] = []
    y = 8
    for panel in panels:
        y += 24
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{escape(panel.title)}</text>')
        y += 8
        parts += _bars(panel, y)
        y += BAR * len(panel.values) + 6
    y += 20
    parts.append(f'<text x="8" y="{y}" fill="#555555">{escape(foot)}</text>')
    box = f'viewBox="0 0 {WIDTH} {y + 12}" width="{WIDTH}" height="{y + 12}"'
    font = 'font-family="sans-serif" font-size="12"'
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {box} {font}>', ground, *parts, "</svg>"]
    return "\n".join(lines) + "\n"


def _bars(panel: Panel, top: int) -> list[str]:
    """Draw a bar for each value, with a line from its least to its most."""
    parts = []
    first = next(iter(panel.values))
    scale = (WIDTH - LABELS - 80) / max(most for _, _, most in panel.values.values())
    for i, (name, (middle, least, most)) in enumerate(panel.values.items()):
        y, centre = top + i * BAR, top + i * BAR + BAR // 2
        colour = BLUE if name == first else LIGHT if name.startswith(first) else GREY
        wide = middle * scale
        low, high = LABELS + least * scale, LABELS + most * scale
        parts += [
            f'<text x="{LABELS - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LABELS}" y="{y + 2}" width="{wide:.1f}" height="{BAR - 4}" fill="{colour}"/>',
            f'<path d="M{low:.1f} {centre}H{high:.1f}" stroke="#222222"/>',
            f'<text x="{high + 6:.1f}" y="{y + 13}">{_spell(middle)}</text>',
        ]
    return parts


def _spell(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
