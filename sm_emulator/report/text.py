"""The report as text, for people."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sm_emulator.report.page import render
from sm_emulator.values import printable

_WIDTH = 100
_MOST = 3  # findings of a type, and exchanges at either end of the evidence, that are shown in full
_COLUMNS = {
    "operation": "operation",
    "calls": "calls",
    "attempts": "attempts",
    "sdk_retries": "by SDK",
    "application_retries": "by program",
    "give_ups": "given up",
    "refusals": "refused",
    "stale": "stale",
    "faults": "faults",
}
_CODES = {"bold": "1", "dim": "2", "red": "1;31", "green": "1;32"}
_COLOUR = re.compile("\x1b\\[[0-9;]+m")


def write(report: Mapping[str, Any], *, colour: bool) -> str:
    """Return a report's document as text. Control characters that a client sent are escaped."""
    shapes: dict[str, Any] = {"paint": _paint, "printable": printable}
    shapes |= {"wrapped": _wrapped, "evidence": _evidence}
    table = list(_table(report["operations"]))
    text = render("report.txt", report, table=table, most=_MOST, **shapes)
    return text if colour else _COLOUR.sub("", text)


def annotation(level: str, title: str, message: str) -> str:
    """Return the line by which a job on GitHub shows a message at its top."""
    title = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={title}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _paint(text: str, how: str) -> str:
    return f"\x1b[{_CODES[how]}m{text}\x1b[0m"


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the titles and each row, padded to the widths of the columns."""
    cells = [[printable(str(row[member])) for member in _COLUMNS] for row in rows]
    lines = [list(_COLUMNS.values()), *cells]
    width, *more = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *others in lines:
        yield "  ".join([first.ljust(width), *map(str.rjust, others, more)])


def _wrapped(text: str, indent: str) -> str:
    lines = textwrap.TextWrapper(_WIDTH, indent, "  ", break_on_hyphens=False)
    return lines.fill(text)


def _evidence(attempt: Mapping[str, Any]) -> str:
    causes, faults = attempt["causes"], attempt["faults"]
    marks = [f"schedule {printable(cause)}" for cause in causes]
    marks += [f"fault {name}" for name in faults if name not in causes] + ["stale"] * attempt["stale"]
    marked = f" ({', '.join(marks)})" if marks else ""
    at, operation = f"+{attempt['offset']:.3f} s", printable(attempt["operation"])
    outcome = f"attempt {attempt['attempt']}  {attempt['outcome']}{marked}"
    return f"    {at:>10}  {operation}  {outcome}  {_paint(attempt['request_id'], 'dim')}"
