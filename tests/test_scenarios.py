"""Scenarios are created by requests and by name, kept within a limit, and read without being created."""

import pytest

from sm_emulator import Emulator
from sm_emulator.scenario import scenarios as module
from sm_emulator.wire.message import Request
from sm_emulator.wire.steps import Wait, run_steps
from tests.support.admin_client import call
from tests.support.fault_rules import rule
from tests.support.local_gateway import JSON

SIGNED = "AWS4-HMAC-SHA256 Credential={:012}/20260101/us-east-1/sagemaker/aws4_request, Signature=0"
CREATE = b'{"ModelName":"m","PrimaryContainer":{"Image":"i"}}'
SLOW = [rule({"fault": "latency", "delay": "1s"}, "slow")]


def accounts(scenarios) -> set[int]:
    return {int(entry.state.account) for entry in scenarios}


def finish(steps) -> None:
    run_steps(steps, lambda _: None)


def request(account: int, operation: str = "ListModels", body: bytes = b"{}") -> Request:
    headers = {"authorization": SIGNED.format(account), "content-type": JSON}
    return Request("POST", {**headers, "x-amz-target": f"SageMaker.{operation}"}, body)


@pytest.fixture
def emulator():
    return Emulator(clock="virtual", settings={"scenarios.limit": 3})


def test_beyond_the_limit_the_least_recently_used_is_evicted_and_counted(emulator, caplog):
    scenarios = emulator.control.scenarios
    for account in (1, 2, 3, 1, 4, 5):
        finish(emulator.gateway(request(account)))
    assert accounts(scenarios) == {1, 4, 5}
    assert (len(scenarios), scenarios.evicted) == (3, 2)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "scenarios.limit" in caplog.text


def test_a_scenario_that_a_program_created_is_never_evicted(emulator):
    emulator.scenario("000000000001")
    emulator.new_scenario("000000000002", seed=7)
    for account in range(3, 9):
        finish(emulator.gateway(request(account)))
    assert accounts(emulator.control.scenarios) == {1, 2, 6, 7, 8}
    assert emulator.scenario("000000000002").summary()["seed"] == 7


def test_a_scenario_with_a_request_under_way_is_not_evicted():
    emulator = Emulator(clock="virtual", settings={"scenarios.limit": 2, "faults": SLOW})
    steps = emulator.gateway(request(1))
    assert next(steps) == Wait(1.0)
    finish(emulator.gateway(request(2)))
    finish(emulator.gateway(request(3)))
    assert accounts(emulator.control.scenarios) == {1, 3}
    finish(steps)
    finish(emulator.gateway(request(4)))
    assert accounts(emulator.control.scenarios) == {3, 4}


def test_where_every_scenario_is_busy_the_limit_is_exceeded_and_nothing_is_evicted():
    emulator = Emulator(clock="virtual", settings={"scenarios.limit": 1, "faults": SLOW})
    busy = [emulator.gateway(request(account)) for account in (1, 2)]
    for steps in busy:
        next(steps)
    assert accounts(emulator.control.scenarios) == {1, 2}
    assert emulator.control.scenarios.evicted == 0


def test_a_request_that_is_given_up_no_longer_counts_as_under_way():
    emulator = Emulator(clock="virtual", settings={"faults": SLOW})
    steps = emulator.gateway(request(1))
    next(steps)
    (entry,) = emulator.control.scenarios
    assert entry.active == 1
    steps.close()
    assert entry.active == 0


def test_health_counts_scenarios_and_evictions(emulator):
    with emulator:
        for account in range(5):
            emulator.client("sagemaker", account=f"{account:012}").list_models()
            finish(emulator.gateway(request(100 + account)))
        health = call(emulator, "GET", "health")[1]
    assert (health["scenarios"], health["evicted"]) == (8, 2)


def test_a_discarded_scenario_begins_again(emulator):
    emulator.new_scenario("000000000001", seed=7)
    emulator.control.scenarios.discard("000000000001")
    assert emulator.control.peek("000000000001").summary()["seed"] == 0
    assert len(emulator.control.scenarios) == 0


def test_the_records_of_all_scenarios_are_bounded_the_least_recently_used_first(monkeypatch):
    monkeypatch.setattr(module, "_MEASURED", 1)
    emulator = Emulator(clock="virtual")
    finish(emulator.gateway(request(1)))
    (first,) = emulator.control.scenarios
    used = sum(records.bytes for records in first.state.records)
    emulator = Emulator(clock="virtual", settings={"scenarios.max_bytes": 3 * used})
    for account in (1, 1, 2, 1, 3):
        finish(emulator.gateway(request(account)))
    kept = {
        each.account: (each.summary()["requests"], each.summary()["dropped"])
        for each in emulator.control.all()
    }
    assert kept == {"000000000001": (3, 0), "000000000002": (0, 1), "000000000003": (1, 0)}
    assert emulator.control.report().as_json()["dropped"] == 1


def test_a_history_is_shortened_after_the_journal_and_can_still_be_checked(monkeypatch):
    monkeypatch.setattr(module, "_MEASURED", 1)
    emulator = Emulator(clock="virtual", preset="dynamodb", settings={"scenarios.max_bytes": 400})
    for _ in range(3):
        finish(emulator.gateway(request(1, "CreateModel", CREATE)))
        finish(emulator.gateway(request(1, "DescribeModel", b'{"ModelName":"m"}')))
    (scenario,) = emulator.control.all()
    assert scenario.summary()["requests"] == 1  # recorded since the last measurement
    checked = scenario.check()
    assert checked["ok"]
    assert (checked["dropped"], len(scenario.history()["events"])) == (3, 3)


def test_the_report_names_evicted_scenarios(emulator):
    for account in range(5):
        finish(emulator.gateway(request(account)))
    report = emulator.control.report()
    assert report.as_json()["evicted"] == 2
    assert "the report lacks 2 evicted scenarios: see scenarios.limit" in report.as_text()


def test_a_scenario_names_the_preset_of_faults_of_consistency_or_both():
    with Emulator(preset="brown-out") as emulator:
        assert emulator.control.report().about["preset"] == "brown-out"
        emulator.scenario().consistency("adversarial")
        assert emulator.control.report().about["preset"] == "adversarial + brown-out"
        assert emulator.control.report().about["timed"]
    assert Emulator(clock="virtual").control.report().about["preset"] == "strong"
