"""The report as text, for people."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sm_emulator.report.pattern import Pattern, spell, words

_WIDTH = 100
_MOST = 3  # findings of a kind, and exchanges at either end of the evidence, that are told in full
_COLUMNS = (
    "operation",
    "calls",
    "attempts",
    "by SDK",
    "by program",
    "given up",
    "refused",
    "stale",
    "faults",
)
_MEMBERS = (
    "operation",
    "calls",
    "attempts",
    "sdk_retries",
    "application_retries",
    "give_ups",
    "refusals",
    "stale",
    "faults",
)

_Paint = Callable[[str, str], str]
_CODES = {"bold": "1", "dim": "2", "red": "1;31", "green": "1;32", "cyan": "36"}


def write(report: Mapping[str, Any], *, colour: bool) -> str:
    """Write a report's document; `colour` by the escapes of terminals."""

    def paint(text: str, how: str) -> str:
        return f"\x1b[{_CODES[how]}m{text}\x1b[0m" if colour else text

    return "\n".join(
        [*_head(report, paint), *_table(report["operations"], paint), *_findings(report, paint), ""]
    )


def _head(report: Mapping[str, Any], paint: _Paint) -> Iterator[str]:
    attempts = sum(row["attempts"] for row in report["operations"])
    calls = sum(row["calls"] for row in report["operations"])
    faults = [f"faults {', '.join(report['faults'])}"] if report["faults"] else []
    told = (
        f"preset {report['preset']}",
        *faults,
        f"seed {report['seed']}",
        f"{calls} calls, {attempts} attempts in {spell(report['duration'])}",
    )
    yield f"{paint('sm-emulator report', 'bold')}   {'   '.join(told)}"
    if report["dropped"]:
        yield f"the journal no longer has the first {report['dropped']} requests: see journal.limit"
    yield ""


def _table(rows: Sequence[Mapping[str, Any]], paint: _Paint) -> Iterator[str]:
    if not rows:
        yield "no request came: does the program use AWS_ENDPOINT_URL_SAGEMAKER?"
        return
    cells = [[str(row[member]) for member in _MEMBERS] for row in rows]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *cells, strict=True)]
    yield paint(f"{_line(_COLUMNS, widths)}   waits (min / median / max)", "bold")
    for row, line in zip(rows, cells, strict=True):
        waits = row["waits"] and Pattern(**row["waits"])
        yield f"{_line(line, widths)}   {', '.join(words(waits))}".rstrip()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = [
        cell.ljust(w) if i == 0 else cell.rjust(w)
        for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join([first, *others])


def _findings(report: Mapping[str, Any], paint: _Paint) -> Iterator[str]:
    findings = report["findings"]
    if not report["operations"]:
        return
    yield ""
    if not findings:
        yield f"{paint('no findings', 'green')} on how the client retried"
        return
    counts = Counter(finding["name"] for finding in findings)
    yield paint(f"{len(findings)} finding{'s' * (len(findings) > 1)}", "red")
    for name, group in groupby(findings, key=lambda finding: finding["name"]):
        for finding in list(group)[:_MOST]:
            yield from _finding(finding, paint)
        if counts[name] > _MOST:
            yield f"  … and {counts[name] - _MOST} more {name}"


def _finding(finding: Mapping[str, Any], paint: _Paint) -> Iterator[str]:
    yield ""
    yield paint(finding["name"], "red")
    yield from textwrap.wrap(finding["message"], _WIDTH, initial_indent="  ", subsequent_indent="  ")
    evidence = finding["evidence"]
    for attempt in evidence if len(evidence) <= 2 * _MOST else evidence[:_MOST]:
        yield _evidence(attempt, paint)
    if len(evidence) > 2 * _MOST:
        yield f"    … {len(evidence) - 2 * _MOST} more …"
        for attempt in evidence[-_MOST:]:
            yield _evidence(attempt, paint)
    yield from textwrap.wrap(
        finding["advice"], _WIDTH, initial_indent="  what to do: ", subsequent_indent="  "
    )


def _evidence(attempt: Mapping[str, Any], paint: _Paint) -> str:
    marks = [f"fault {name}" for name in attempt["faults"]] + ["stale"] * attempt["stale"]
    marked = f" ({', '.join(marks)})" if marks else ""
    told = attempt["outcome"] + marked
    at = f"+{attempt['offset']:.3f} s"
    number = f"attempt {attempt['attempt']}"
    return (
        f"    {at:>10}  {attempt['operation']}  {number}  {told}  {paint(attempt['request_id'], 'dim')}"
    )
