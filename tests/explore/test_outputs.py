"""What CI reads of an exploration: JUnit XML and annotations of GitHub."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sm_emulator.explore.choices import Kinds
from sm_emulator.explore.oracle import Verdict, Violation
from sm_emulator.explore.outputs import as_json, as_junit, github, junit_error
from sm_emulator.explore.results import Budget
from tests.explore import programs as p

ROOT = Path(__file__).parent.parent.parent
COMMAND = ("python", "deploy.py")
LATE_AND_LOST = Kinds(faults=("lost",))


def cases(xml: str) -> dict[tuple[str, str], str]:
    """Return what became of each case; the counts of the suite have to agree."""
    suites = ET.fromstring(xml)
    (suite,) = suites
    assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
    found = {
        (case.get("classname"), case.get("name")): next((child.tag for child in case), "passed")
        for case in suite
    }
    for element in (suites, suite):
        assert int(element.get("tests")) == len(suite) == len(found)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(name)) == [*found.values()].count(tag)
    assert float(suite.get("time")) >= 0
    return found


def test_the_members_of_the_json_are_documented(search):
    document = as_json(search(p.naive, p.a_model, LATE_AND_LOST), COMMAND)
    table = (ROOT / "docs/explorer.md").read_text().partition("`--json FILE`")[2]
    members = {*document, *document["counts"], *document["breaks"][0]}
    assert members - {*re.findall("`([a-z_]+)`", table)} == set()


def test_each_break_is_a_failing_case_and_what_is_survived_a_passing_one(search):
    found = cases(as_junit(search(p.naive, p.a_model, LATE_AND_LOST), COMMAND))
    assert found == {
        ("sm-emulator.explore", "reference"): "passed",
        ("CreateEndpointConfig(cfg)#1", "lost"): "failure",
        ("CreateEndpoint(ep)#1", "lost"): "failure",
        ("CreateEndpoint(ep)#1", "late"): "failure",
    }


def test_all_cases_pass_where_no_schedule_breaks_it(search):
    found = cases(as_junit(search(p.idempotent, p.a_model, LATE_AND_LOST), COMMAND))
    assert {*found.values()} == {"passed"}
    assert len(found) == 4


def test_what_was_not_tried_is_skipped_and_says_why(search):
    xml = as_junit(search(p.idempotent, p.a_model, LATE_AND_LOST, budget=Budget(runs=3)), COMMAND)
    assert [*cases(xml).values()] == ["passed", "passed", "skipped", "skipped"]
    assert '<skipped message="the budget is spent" />' in xml


def test_a_search_that_ended_before_its_reference_and_one_that_cannot_begin_have_a_case(search):
    stopped = as_junit(search(p.naive, p.a_model, budget=Budget(runs=0)), COMMAND)
    assert cases(stopped) == {("sm-emulator.explore", "reference"): "skipped"}
    failed = junit_error('no request arrived from "\x1b<b>"', 1)
    assert cases(failed) == {("sm-emulator.explore", "reference"): "error"}
    assert 'message="no request arrived from &quot;\\x1b&lt;b&gt;&quot;"' in failed


@pytest.fixture
def hostile(search):
    """Return a search whose break has a message as a program may write it."""
    found = search(p.naive, p.a_model, Kinds(faults=()))
    message = "100 %\r\n::error::\x00\ud800<]]>&"
    found.breaks[0] = replace(found.breaks[0], verdict=Verdict((Violation("error", message),)))
    return found


def test_a_message_of_a_program_is_only_text_in_xml(hostile):
    failure = ET.fromstring(as_junit(hostile, COMMAND).encode()).find(".//failure")
    assert failure.text.splitlines()[0] == "100 %\\r\\n::error::\\x00\\ud800<]]>&"
    assert failure.text.splitlines()[1].startswith(
        "sm-emulator run --schedule 'CreateEndpoint(ep)#1 late"
    )


def test_an_annotation_is_one_line_which_the_message_cannot_end(hostile):
    (line,) = github(hostile, COMMAND)
    assert line.isprintable()
    command, _, data = line.removeprefix("::").partition("::")
    assert command == "error title=sm-emulator explore%3A error"
    assert not re.search(r"%(?!25|0A|0D|3A|2C)", data)
    shown = data.replace("%0A", "\n").replace("%25", "%")
    assert shown.splitlines() == [
        "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1",
        "100 %\\r\\n::error::\\x00\\ud800<]]>&",
        "sm-emulator run --schedule 'CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1' -- python deploy.py",
    ]
