"""What an exploration found, as JSON, JUnit, and annotations of GitHub."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as ET

from sm_emulator.explore.choices import extensions
from sm_emulator.explore.fixes import fixes
from sm_emulator.explore.results import Break
from sm_emulator.explore.run import Run
from sm_emulator.explore.search import Search
from sm_emulator.explore.tolerance import basis_of, kind_of
from sm_emulator.report.text import annotation
from sm_emulator.schedule.causes import Cause, Crash, Late
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.values import printable


def as_json(search: Search, command: Sequence[str], settings: Sequence[str] = ()) -> dict[str, Any]:
    """Return the counts, and the smallest schedules that break the program."""
    return {
        "command": list(command),
        "kinds": list(search.kinds.words),
        "k": search.k,
        "exhausted": search.exhausted,
        "stopped": search.stopped,
        "seconds": round(search.seconds, 3),
        "counts": asdict(search.counts),
        "breaks": [_break(each, search, command, settings) for each in search.breaks],
        "tolerance": [asdict(each) for each in search.tolerance],
    }


def replay(found: Break, command: Sequence[str], settings: Sequence[str] = ()) -> str:
    """Return the command that runs the program under a schedule again."""
    words = ["sm-emulator", "run", *settings, "--schedule", str(found.schedule), "--", *command]
    return shlex.join(words)


def _break(
    found: Break, search: Search, command: Sequence[str], settings: Sequence[str]
) -> dict[str, Any]:
    run = found.run
    left, missing = left_and_missing(run, search)
    return {
        "schedule": str(found.schedule),
        "class": found.kind,
        "violations": [asdict(each) for each in found.verdict.violations],
        "causes": [
            {
                "cause": str(cause),
                "kind": kind_of(cause),
                "basis": basis_of(cause, run, search.mask) if isinstance(cause, Late) else None,
                "fix": sentence,
            }
            for cause, sentence in zip(found.schedule.causes, fixes(found), strict=True)
        ],
        "guarantees": found.guarantees,
        "repeatable": found.repeatable,
        "exit_code": run.ending.code,
        "error": run.ending.error,
        "left": left,
        "missing": missing,
        "replay": replay(found, command, settings),
    }


def left_and_missing(run: Run, search: Search) -> tuple[list[str], list[str]]:
    """Return the resources that only a run leaves, and those that only the reference does."""
    expected = {*search.mask.state(search.reference, search.reference.settled)}
    settled = {*search.mask.state(run, run.settled)}
    return sorted(settled - expected), sorted(expected - settled)


def as_junit(search: Search, command: Sequence[str], settings: Sequence[str] = ()) -> str:
    """Return JUnit XML: a case for each call of the reference run and kind of cause."""
    begun = hasattr(search, "mask")  # else it was stopped before it knew the reference
    causes = extensions(search.reference, search.mask, search.kinds).causes if begun else []
    untried = {_case(cause) for cause in causes if search.known(Schedule((cause,))) is None}
    breaks: dict[tuple[str, str], list[Break]] = {}
    for each in search.breaks:
        breaks.setdefault(_case(each.schedule.causes[0]), []).append(each)
    cases = [ET.Element("testcase", classname="sm-emulator.explore", name="reference")]
    for call, kind in dict.fromkeys([*map(_case, causes), *breaks]):
        case = ET.Element("testcase", classname=printable(call), name=kind)
        cases.append(case)
        if found := breaks.get((call, kind)):
            failure = ET.SubElement(case, "failure", type=found[0].kind, message=str(found[0].schedule))
            failure.text = "\n".join(_lines(found, command, settings))
        elif (call, kind) in untried:
            ET.SubElement(case, "skipped", message=search.stopped)
    if not begun:
        ET.SubElement(cases[0], "skipped", message=search.stopped)
    return _suite(cases, search.seconds)


def junit_error(reason: str, seconds: float) -> str:
    """Return JUnit XML in which the reference run is an error: there is nothing to explore."""
    case = ET.Element("testcase", classname="sm-emulator.explore", name="reference")
    ET.SubElement(case, "error", type="reference", message=printable(reason))
    return _suite([case], seconds)


def _suite(cases: Sequence[ET.Element], seconds: float) -> str:
    counts = {"tests": str(len(cases))}
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[name] = str(sum(case.find(tag) is not None for case in cases))
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(suites, "testsuite", counts, name="sm-emulator explore", time=f"{seconds:.3f}")
    suite.extend(cases)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _lines(found: Sequence[Break], command: Sequence[str], settings: Sequence[str]) -> Iterator[str]:
    for each in found:
        yield from (printable(violation.message) for violation in each.verdict.violations)
        yield printable(replay(each, command, settings))


def _case(cause: Cause) -> tuple[str, str]:
    """Return the call and the kind of a cause."""
    if isinstance(cause, Crash):
        return f"write {cause.after}", "crash"
    return str(cause.label), kind_of(cause)


def github(search: Search, command: Sequence[str], settings: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines by which a job on GitHub shows what breaks the program."""
    for each in search.breaks:
        message = "\n".join([str(each.schedule), *_lines([each], command, settings)])
        yield annotation("error", f"sm-emulator explore: {each.kind}", message)
