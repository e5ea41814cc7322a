"""The eleven programs: what breaks each, by the smallest schedule, which replays."""

from __future__ import annotations

import pytest

from sm_emulator.explore.choices import Kinds
from sm_emulator.explore.oracle import judge
from sm_emulator.schedule.schedule import Schedule
from tests.explore import programs as p

STALE = {
    (p.naive, p.a_model): "error: CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1",
    (p.describe_first, p.a_model): "error: CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1",
    (p.three_attempts, p.a_model): "error: CreateEndpoint(ep)#1 late EndpointConfig(cfg) x3",
    (p.back_off, p.a_model): "",
    (p.existing_is_failure, p.a_model): "",
    (p.idempotent, p.a_model): "",
    (p.blue_green, p.a_live_endpoint): "early: DescribeEndpoint(ep)#1 late Endpoint(ep) x1",
    (p.deploy_and_wait, p.a_model): "error: DescribeEndpoint(ep)#1 late Endpoint(ep) x1",
    (p.replace, p.a_live_endpoint): "",
    (p.read_modify_write, p.a_live_endpoint): "",
    (p.list_as_a_guard, p.a_model): "error: ListEndpointConfigs()#1 late EndpointConfig(cfg) x1",
}
LOST = {
    (p.naive, p.a_model): "CreateEndpointConfig(cfg)#1 lost",
    (p.describe_first, p.a_model): "CreateEndpointConfig(cfg)#1 lost",
    (p.three_attempts, p.a_model): "CreateEndpointConfig(cfg)#1 lost",
    (p.back_off, p.a_model): "CreateEndpointConfig(cfg)#1 lost",
    (p.existing_is_failure, p.a_model): "CreateEndpointConfig(cfg)#1 lost",
    (p.idempotent, p.a_model): "",
    (p.blue_green, p.a_live_endpoint): "CreateEndpointConfig(green)#1 lost",
    (p.deploy_and_wait, p.a_model): "CreateEndpointConfig(cfg)#1 lost",
    (p.replace, p.a_live_endpoint): "DeleteEndpoint(ep)#1 lost",
    (p.read_modify_write, p.a_live_endpoint): "CreateEndpointConfig(cfg-1)#1 lost",
    (p.list_as_a_guard, p.a_model): "CreateEndpointConfig(cfg)#1 lost",
}


def named(cases) -> list:
    return [pytest.param(*key, value, id=key[0].__name__) for key, value in cases.items()]


@pytest.mark.parametrize(("program", "prepare", "expected"), named(STALE))
def test_staleness_breaks_a_program_by_its_smallest_schedule(search, program, prepare, expected):
    found = search(program, prepare, Kinds(faults=()))
    assert [f"{b.kind}: {b.schedule}" for b in found.breaks] == ([expected] if expected else [])
    assert found.exhausted == (not expected)
    assert found.counts.runs <= 8
    assert all(each.repeatable for each in found.breaks)


@pytest.mark.parametrize(("program", "prepare", "expected"), named(LOST))
def test_a_lost_reply_breaks_all_but_the_idempotent_program(search, program, prepare, expected):
    found = search(program, prepare, Kinds(stale="none", faults=("lost",)))
    assert str(found.breaks[0].schedule if found.breaks else "") == expected


@pytest.mark.parametrize(("program", "prepare", "_expected"), named(STALE))
def test_one_refusal_by_rate_or_load_breaks_no_program(search, program, prepare, _expected):
    found = search(program, prepare, Kinds(stale="none", faults=("throttle", "503")))
    assert found.exhausted
    assert found.counts.absorbed == found.counts.tried


@pytest.mark.parametrize(("program", "prepare", "expected"), named(STALE))
def test_a_smallest_schedule_breaks_its_program_again_and_one_read_fewer_does_not(
    in_process, search, program, prepare, expected
):
    found = search(program, prepare, Kinds(faults=()))
    for each in found.breaks:
        text = str(each.schedule)
        runs = [in_process(program, prepare)(Schedule.parse(text)) for _ in range(2)]
        verdicts = [judge(run, found.reference, found.mask) for run in runs]
        assert [verdict.kind for verdict in verdicts] == [each.kind, each.kind]
        assert found.mask.steps(runs[0]) == found.mask.steps(each.run)
        reads = int(text.rpartition("x")[2])
        fewer = text.replace(f"x{reads}", f"x{reads - 1}") if reads > 1 else ""
        run = in_process(program, prepare)(Schedule.parse(fewer))
        assert not judge(run, found.reference, found.mask).kind
    assert bool(found.breaks) == bool(expected)
