"""The report as text, for people."""

import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sm_emulator.report.summary import describe_waits, duration
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
    text = "\n".join([*_head(report), *_table(report["operations"]), *_findings(report), ""])
    return text if colour else _COLOUR.sub("", text)


def _paint(text: str, how: str) -> str:
    return f"\x1b[{_CODES[how]}m{text}\x1b[0m"


def _head(report: Mapping[str, Any]) -> Iterator[str]:
    attempts = sum(row["attempts"] for row in report["operations"])
    calls = sum(row["calls"] for row in report["operations"])
    faults = [f"faults {', '.join(report['faults'])}"] if report["faults"] else []
    parts = (
        f"preset {report['preset']}",
        *faults,
        f"seed {report['seed']}",
        f"{calls} calls, {attempts} attempts in {duration(report['duration'])}",
    )
    yield f"{_paint('sm-emulator report', 'bold')}   {'   '.join(parts)}"
    if run := report["run"]:
        command = printable(shlex.join(run["command"]))
        yield f"command {command}   exit code {run['exit_code']}   {duration(run['seconds'])}"
    if report["timed"]:
        yield f"outcomes depend on real time: equal runs need --reproducible --seed {report['seed']}"
    if report["dropped"]:
        yield f"the journal no longer has the first {report['dropped']} requests: see journal.limit"
    if report["evicted"]:
        yield f"the report lacks {report['evicted']} evicted scenarios: see scenarios.limit"
    yield ""


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "no request arrived: does the program use AWS_ENDPOINT_URL_SAGEMAKER?"
        return
    titles = list(_COLUMNS.values())
    cells = [[printable(str(row[member])) for member in _COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    yield _paint(f"{_line(titles, widths)}   waits (min / median / max)", "bold")
    for row, line in zip(rows, cells, strict=True):
        yield f"{_line(line, widths)}   {describe_waits(row['waits'])}".rstrip()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    (first, *others), (width, *more) = cells, widths
    return "  ".join([first.ljust(width), *map(str.rjust, others, more)])


def _findings(report: Mapping[str, Any]) -> Iterator[str]:
    findings = report["findings"]
    if not findings:
        if report["operations"]:
            failed = report["run"] and report["run"]["exit_code"]
            yield ""
            none = "no findings" if failed else _paint("no findings", "green")
            yield f"{none} on how the client retried"
        return
    yield ""
    yield _paint(f"{len(findings)} finding{'s' * (len(findings) > 1)}", "red")
    for name, each in groupby(findings, key=lambda finding: finding["name"]):
        group = list(each)
        for finding in group[:_MOST]:
            yield from _finding(finding)
        if len(group) > _MOST:
            yield f"  … and {len(group) - _MOST} more {name}"


def _finding(finding: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield _paint(finding["name"], "red")
    yield from _wrap(printable(finding["message"]), "  ")
    lines = [_evidence(attempt) for attempt in finding["evidence"]]
    left_out = len(lines) - 2 * _MOST
    if left_out > 0:
        lines[_MOST:-_MOST] = [f"    … {left_out} more …"]
    yield from lines
    yield from _wrap(finding["advice"], "  what to do: ")


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent="  ")


def _evidence(attempt: Mapping[str, Any]) -> str:
    marks = [f"fault {name}" for name in attempt["faults"]] + ["stale"] * attempt["stale"]
    marked = f" ({', '.join(marks)})" if marks else ""
    at, operation = f"+{attempt['offset']:.3f} s", printable(attempt["operation"])
    outcome = f"attempt {attempt['attempt']}  {attempt['outcome']}{marked}"
    return f"    {at:>10}  {operation}  {outcome}  {_paint(attempt['request_id'], 'dim')}"
