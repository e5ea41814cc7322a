"""Each class of break, of a run that differs from the reference in one way."""

from dataclasses import replace

import pytest

from sm_emulator.explore.invariant import invariant
from sm_emulator.explore.mask import learn
from sm_emulator.explore.oracle import judge
from sm_emulator.explore.run import Ending, Run
from sm_emulator.schedule.schedule import Schedule

END = {
    "EndpointConfig(c)": {"EndpointConfigName": "c", "KmsKeyId": "k"},
    "Endpoint(e)": {"EndpointName": "e", "EndpointStatus": "InService"},
}
REFERENCE = Run(Schedule(()), Ending(0), (), (), (), END, END, 0.1, 1.0)
FAILED = {**END, "Endpoint(e)": {"EndpointName": "e", "EndpointStatus": "Failed"}}
CREATING = {**END, "Endpoint(e)": {"EndpointName": "e", "EndpointStatus": "Creating"}}


def kinds(*invariants, **changes):
    run = replace(REFERENCE, **changes)
    verdict = judge(
        run, REFERENCE, learn(REFERENCE, REFERENCE), [invariant(each) for each in invariants]
    )
    return [violation.kind for violation in verdict.violations]


def ends(state):
    return {"at_exit": state, "settled": state}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"ending": Ending(1, "KeyError")}, ["error"]),
        ({"ending": Ending(1, "ThrottlingException", injected=True)}, []),
        ({"ending": Ending(-9, timed_out="wall")}, ["hang"]),
        ({"at_exit": CREATING}, ["early"]),
        (ends(FAILED), ["dishonest", "wrong"]),
        (ends({"Endpoint(e)": END["Endpoint(e)"]}), ["missing"]),
        (ends({**END, "Model(m)": {"ModelName": "m"}}), ["leak"]),
        (
            ends({**END, "EndpointConfig(d)": {"EndpointConfigName": "d", "KmsKeyId": "k"}}),
            ["duplicate"],
        ),
        (ends({**END, "EndpointConfig(c)": {"EndpointConfigName": "c", "KmsKeyId": "x"}}), ["wrong"]),
    ],
)
def test_a_difference_has_its_class(changes, expected):
    assert kinds(**changes) == expected


def test_an_invariant_is_broken_beside_the_class():
    assert kinds("endpoint e is InService") == []
    assert kinds("endpoint e is InService", **ends(FAILED)) == ["dishonest", "wrong", "invariant"]


def test_a_failed_endpoint_excuses_a_program_that_fails():
    schedule = Schedule.parse("CreateEndpoint(e)#1 fails capacity")
    ending = Ending(1, "WaiterError")
    assert kinds(schedule=schedule, ending=ending, **ends(FAILED)) == []
    assert kinds(schedule=schedule, unmet=schedule.causes, ending=ending) == ["error"]


def test_after_a_crash_every_difference_is_a_crash():
    schedule = Schedule.parse("crash after 1")
    assert kinds(schedule=schedule, ending=Ending(1, "exists")) == ["crash"]
