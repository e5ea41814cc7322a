"""Requests under faults: the two phases, debug headers, journal."""

import json

import pytest

from tests.support.fault_rules import rule
from tests.support.local_gateway import ACCOUNT, JSON, Local

MODEL = {"ModelName": "m", "PrimaryContainer": {"Image": "i"}}
DEBUG = "x-sm-emulator-fault"


def create(local: Local):
    return local.send(
        json.dumps(MODEL).encode(), content_type=JSON, x_amz_target="SageMaker.CreateModel"
    )


def exists(local: Local) -> bool:
    local.scenario.faults.replace([], 0)
    return local.call("DescribeModel", {"ModelName": "m"}).status == 200


INTERNAL = {"fault": "error", "code": "InternalFailure"}


@pytest.mark.parametrize("phase", ["before", "after"])
def test_before_keeps_the_operation_from_happening_and_after_does_not(phase):
    local = Local(faults=[rule(INTERNAL, match={"phase": phase})])
    answer = create(local)
    assert (answer.status, answer.outcome.body) == (500, b'{"__type":"InternalFailure"}')
    assert exists(local) is (phase == "after")


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_connection_breaks_before_it_happens_or_after(kind, phase):
    local = Local(faults=[rule(kind, match={"phase": phase})])
    assert create(local).outcome.delivery.kind == kind
    assert exists(local) is (phase == "after")


def test_a_create_retried_after_a_lost_reply_finds_the_resource_there():
    local = Local(faults="lost-reply")
    assert create(local).outcome.delivery.kind == "close"
    answer = create(local)
    assert answer.code == "ValidationException"
    assert answer.message.startswith("Cannot create already existing model")


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_delay_passes_before_or_after(phase):
    local = Local(faults=[rule({"fault": "latency", "delay": 5}, match={"phase": phase})])
    began = local.scenario.clock()
    create(local)
    assert local.scenario.clock() == began + 5
    local.scenario.faults.replace([], 0)
    created = local.ok("DescribeModel", {"ModelName": "m"})["CreationTime"]
    assert created == began + (5 if phase == "before" else 0)


def test_faults_apply_before_the_contract():
    local = Local(faults=[rule()])
    assert local.call("CreateModel", {}).code == "ThrottlingException"


def test_an_error_of_the_operation_is_mutated_too():
    local = Local(faults=[rule("no-request-id")])
    answer = local.call("DescribeModel", {"ModelName": "nope"})
    assert (answer.code, set(answer.headers)) == ("ValidationException", {"Content-Type", DEBUG})


def test_faults_that_acted_are_in_a_header_and_in_the_journal():
    local = Local(faults=[rule({"fault": "latency", "delay": 1}, "slow"), rule("no-request-id", "bare")])
    assert create(local).headers[DEBUG] == "slow, bare"
    (exchange,) = local.scenario.journal
    assert (exchange.faults, exchange.delivery, exchange.status) == (("slow", "bare"), "", 200)


def test_the_journal_records_how_a_response_was_lost():
    local = Local(faults=[rule("stall", "s")])
    create(local)
    (exchange,) = local.scenario.journal
    assert (exchange.faults, exchange.delivery, exchange.status) == (("s",), "stall", 200)


def test_without_debug_headers_a_fault_is_the_bytes_of_aws():
    local = Local(faults=[rule()], debug_headers=False)
    outcome = create(local).outcome
    assert outcome.status == 400
    assert outcome.body == b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
    assert outcome.headers == (
        ("x-amzn-RequestId", "00000000-0000-4000-8000-000000000000"),
        ("Content-Type", "application/x-amz-json-1.1"),
    )


def test_faults_draw_from_the_seed_of_the_scenario():
    def codes(seed: int) -> list[str]:
        local = Local(faults=[rule(when={"probability": 0.5})], seed=seed)
        return [local.call("DescribeModel", {"ModelName": "m"}).code for _ in range(30)]

    assert codes(1) == codes(1)
    assert codes(1) != codes(2)


def test_faults_belong_to_one_scenario():
    local = Local()
    local.scenario.faults.put(Local(faults=[rule()]).scenario.faults["x"].rule, 0)
    other = "AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/sagemaker/aws4_request, "
    assert local.call("CreateModel", MODEL).code == "ThrottlingException"
    assert local.call("CreateModel", MODEL, authorization=other).status == 200
    assert ACCOUNT != "111111111111"


def test_a_reset_returns_to_the_rules_of_the_start():
    local = Local(faults=[rule(when={"first": 1})])
    assert [create(local).status for _ in range(2)] == [400, 200]
    local.scenario.faults.replace([], 0)
    local.scenarios[ACCOUNT].reset()
    assert [create(local).status for _ in range(2)] == [400, 200]


def test_a_resource_name_of_megabytes_is_matched_by_its_beginning():
    denied = {"fault": "error", "code": "AccessDeniedException"}
    local = Local(faults=[rule(denied, match={"resource": "*x"}, when={"probability": 0.999999})])
    answer = local.call("DescribeModel", {"ModelName": "x" * 9_000_000})
    assert answer.code == "AccessDeniedException"
    assert len(answer.message) < 5000
    (exchange,) = local.scenario.journal.entries().exchanges
    assert exchange.resource == "x" * 2048 + "…"
