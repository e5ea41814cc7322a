"""A deployment of 23 requests: one call in it that gives up too early is found, and no other."""

import pytest

from sm_emulator.explore.choices import Kinds
from tests.explore.deploy import deploy, impatient


def test_three_attempts_inside_a_deployment_are_found_in_few_runs(search):
    found = search(impatient, kinds=Kinds(faults=()))
    assert len(found.reference.exchanges) == 23
    assert [str(each.schedule) for each in found.breaks] == [
        "UpdateEndpoint(ep)#1 late EndpointConfig(cfg2) x3"
    ]
    assert found.counts.runs <= 20


@pytest.mark.slow
def test_a_patient_deployment_survives_any_one_cause(search):
    found = search(deploy, kinds=Kinds(faults=("lost", "503", "throttle")))
    assert found.exhausted
    assert found.counts.runs <= 100
