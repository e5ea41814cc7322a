"""docs/known-victims.md and `make conformance` name the same breaks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest

from sm_emulator.explore.invariant import invariant
from sm_emulator.explore.oracle import CLASSES
from sm_emulator.schedule.schedule import Schedule
from tests.support.documentation import ROOT, anchor

CONFORMANCE = ROOT / "conformance"
PAGE = (ROOT / "docs/known-victims.md").read_text()
ROWS = re.findall(
    r"^\| `([\w.]+)` \| `(.+?)` \| (\w+) \| (.+?) \| .+? \| \[.+?\]\(#(.+?)\) \|$", PAGE, re.MULTILINE
)


@pytest.fixture
def victims(monkeypatch) -> tuple:
    monkeypatch.syspath_prepend(CONFORMANCE)
    before = {*sys.modules}
    from victims import VICTIMS

    yield VICTIMS
    for name in {*sys.modules} - before:
        if str(CONFORMANCE) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def expected(victims) -> Iterator[tuple[str, str, str, str]]:
    for victim in victims:
        pins = (CONFORMANCE / victim.client / "requirements.txt").read_text()
        version = re.search(rf"^{victim.package}==(.+)$", pins, re.MULTILINE)[1]
        program = "deploy" if victim.program.startswith("deploy") else victim.program
        for each in victim.breaks:
            yield program, each.schedule, each.kind, f"{victim.package} {version}"


def test_the_page_has_a_row_for_each_break_that_conformance_reproduces(victims):
    shown = [(*row[:3], tool) for row in ROWS for tool in row[3].split(", ")]
    assert sorted(shown) == sorted(expected(victims))


def test_the_schedules_parse_and_are_written_as_they_are_printed():
    schedules = [schedule for _, schedule, *_ in ROWS]
    assert [str(Schedule.parse(text)) for text in schedules] == schedules
    assert {kind for _, _, kind, *_ in ROWS} <= {*CLASSES}


def test_each_row_has_a_fix_that_the_page_describes():
    fixes = {anchor(title) for title in re.findall(r"^### (.+)", PAGE, re.MULTILINE)}
    assert {row[4] for row in ROWS} == fixes


def test_the_programs_exist_and_what_is_true_in_the_end_is_an_invariant(victims):
    for victim in victims:
        assert (CONFORMANCE / victim.client / victim.program).is_file()
        assert all(invariant(each.ends).text == each.ends for each in victim.breaks)
