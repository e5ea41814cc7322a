"""How a program can survive a cause: a sentence for each kind of break."""

import pytest

from sm_emulator.explore.fixes import fixes
from sm_emulator.explore.oracle import Verdict
from sm_emulator.explore.results import Break
from sm_emulator.explore.run import Ending, Run
from sm_emulator.journal.exchange import Exchange, ReadSummary
from sm_emulator.schedule.schedule import Schedule


def found(text, *, missed=False):
    schedule = Schedule.parse(text)
    read = ReadSummary("load", None, 1, 0.01, None, missed=missed)
    exchanges = tuple(
        Exchange("id", 0.0, 0.0, code="ValidationException", reads=(read,), causes=(str(cause),))
        for cause in schedule.causes
    )
    return Break(schedule, Run(schedule, Ending(1), (), exchanges, (), {}, {}, 0.1, 1.0), Verdict())


@pytest.mark.parametrize(
    ("text", "missed", "expected"),
    [
        ("CreateEndpoint(e)#1 late EndpointConfig(c) x1", True, "repeat CreateEndpoint with back-off"),
        ("DescribeEndpoint(e)#1 late Endpoint(e) x1", True, "after the creation, repeat DescribeEndpoint"),
        ("DescribeEndpoint(e)#1 late Endpoint(e) x1", False, "wait until DescribeEndpoint shows the change"),
        ("ListEndpoints()#1 late Endpoint(e) x1", False, "decide nothing by what a list lacks"),
        ("CreateModel(m)#1 lost", False, "CreateModel has happened"),
        ("UpdateEndpoint(e)#1 500-after", False, "UpdateEndpoint has begun"),
        ("DeleteEndpoint(e)#1 lost", False, "the resource is deleted or will be"),
        ("DescribeEndpoint(e)#1 lost", False, "repeat DescribeEndpoint: it changes nothing"),
        ("CreateModel(m)#1 503", False, "nothing has happened: repeat CreateModel"),
        ("CreateEndpoint(e)#1 slow", False, "wait by status"),
        ("CreateEndpoint(e)#1 fails capacity", False, "report FailureReason"),
        ("crash after 1", False, "look for what an earlier run has left"),
    ],
)  # fmt: skip
def test_each_cause_has_its_fix(text, missed, expected):
    (sentence,) = fixes(found(text, missed=missed))
    assert expected in sentence


def test_a_break_by_two_causes_has_two_fixes():
    assert len(fixes(found("CreateModel(m)#1 lost ; CreateEndpoint(e)#1 lost"))) == 2
