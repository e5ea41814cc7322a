"""Figures, goals, and tables of them in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure and its goal, both as text; `reached` is None where it was not measured."""

    what: str
    goal: str
    measured: str
    reached: bool | None


def at_least(what: str, values: Sequence[float], bound: float) -> Figure:
    """Judge the median of ratios."""
    return Figure(what, f"at least {bound:g}", spread(values, ".2f"), median(values) >= bound)


def at_most(what: str, values: Sequence[float], bound: float, unit: str = "") -> Figure:
    """Judge the median of ratios, or of figures in `unit`."""
    goal = f"at most {bound:g}{unit}"
    return Figure(what, goal, spread(values, ".2f") + unit, median(values) <= bound)


def spread(values: Sequence[float], spelling: str) -> str:
    """Spell the median, and the least and the most where there are several."""
    middle = format(median(values), spelling)
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):{spelling}} to {max(values):{spelling}})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown with aligned columns."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    spelled = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    ]
    return "\n".join(f"| {line} |" for line in spelled)


def goals(figures: Sequence[Figure]) -> str:
    """Return a table of figures with their goals, and whether each is reached."""
    verdicts = {True: "reached", False: "MISSED", None: "not measured"}
    rows = [[f.what, f.goal, f.measured, verdicts[f.reached]] for f in figures]
    return table(["what", "goal", "measured", ""], rows)
