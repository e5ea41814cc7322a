"""A program of a user, as mypy --strict sees it: `make lint` reads it, nothing runs it."""

from collections.abc import Mapping
from typing import Any, assert_type

from sm_emulator import (
    ActiveFault,
    Emulator,
    Entries,
    Exchange,
    Exploration,
    Finding,
    LogicalCall,
    Report,
    Scenario,
    explore_program,
)


@Emulator(seed=7)
def deploy(name: str, emulator: Emulator) -> int:
    return len(name + emulator.url)


@Emulator(preset="dynamodb", clock="virtual")
async def deploy_later(name: str, emulator: Emulator) -> str:
    return name + emulator.url


async def both() -> None:
    assert_type(deploy("churn"), int)
    assert_type(await deploy_later("churn"), str)


def test_it(sm_emulator: Scenario) -> None:
    sm_emulator.consistency("read-after-create-miss-2")
    sm_emulator.clock.advance(3.0)
    sm_emulator.settle()
    with sm_emulator.fault("throttle", operation="Create*", times=2) as fault:
        assert_type(fault, ActiveFault)
        assert_type(fault.acted, int)
    last = sm_emulator.calls("CreateEndpoint").last
    assert_type(last, LogicalCall)
    assert_type(last.attempts, tuple[Exchange, ...])
    assert_type(sm_emulator.journal(status=400), Entries)
    assert_type(sm_emulator.report(), Report)
    assert_type(sm_emulator.report().findings, list[Finding])


with Emulator(time_scale=2, settings={"lifecycle.creating_seconds": 5}) as emulator:
    assert_type(emulator, Emulator)
    assert_type(emulator.scenario("111111111111"), Scenario)
    assert_type(emulator.environment(account="111111111111"), dict[str, str])


def in_service(resources: Mapping[str, Mapping[str, Any]]) -> bool:
    return bool(resources["Endpoint(churn)"]["EndpointStatus"] == "InService")


def test_exploration() -> None:
    found = explore_program(
        lambda scenario: scenario.client("sagemaker"),
        faults=("lost",),
        invariants=("endpoint churn exists", in_service),
        budget="60s",
        session=("ryw",),
    )
    assert_type(found, Exploration)
    assert_type(found.exhausted, bool)
    assert_type([str(each.schedule) for each in found.breaks], list[str])
    assert_type(found.text(), str)
    found.check()
