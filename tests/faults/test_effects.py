"""The effect that each fault returns."""

import json
from pathlib import Path

import pytest

from sm_emulator.faults.registry import FAULTS
from sm_emulator.wire.message import Delivery
from tests.support.fault_rules import ACCOUNT, ANSWER, Rules, call, rule

ROOT = Path(__file__).resolve().parent.parent.parent


def of(effect, phase=None, called=None, **more):
    table = rule(effect, **more)
    kind = table["effect"]["fault"]
    return Rules(table).act(called, phase=phase or FAULTS[kind].phases[0])


def error(code: str, called=None, **settings):
    found = of({"fault": "error", "code": code, **settings}, called=called).error
    return found.status, found.code, found.message


# -- every fault ----------------------------------------------------------------------------------

LEAST = {
    "error": {"code": "InternalFailure"},
    "latency": {"delay": {"dist": "exponential", "mean": 1}},
}
EVERY = [{"fault": kind, **LEAST.get(kind, {})} for kind in FAULTS]


@pytest.mark.parametrize("effect", EVERY, ids=FAULTS)
def test_with_probability_0_it_never_acts_with_1_always(effect):
    phase = FAULTS[effect["fault"]].phases[0]
    never = Rules(rule(effect, when={"probability": 0}), phase=phase)
    always = Rules(rule(effect, when={"probability": 1}), phase=phase)
    assert (never.pattern(20), always.pattern(20)) == ("." * 20, "x" * 20)


@pytest.mark.parametrize("effect", EVERY, ids=FAULTS)
def test_the_same_seed_gives_the_same_effects(effect):
    def effects(seed: int) -> list:
        rules = Rules(rule(effect, when={"probability": 0.5}), seed=seed)
        effects = [rules.act(phase=FAULTS[effect["fault"]].phases[0]) for _ in range(40)]
        return [(e.names, e.delay, e.delivery, e.on(ANSWER)) for e in effects]

    assert effects(1) == effects(1)
    assert effects(1) != effects(2)


# -- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("ThrottlingException", 400, "Rate exceeded"),
        ("ServiceUnavailable", 503, None),
        ("InternalFailure", 500, None),
        ("ExpiredTokenException", 400, "The security token included in the request is expired"),
        ("ModelError", 424, None),
        ("InternalDependencyException", 530, None),
    ],
)
def test_an_error_has_the_status_and_text_of_aws(code, status, message):
    assert error(code) == (status, code, message)


def test_a_limit_has_the_text_of_aws():
    assert "account-level service limit" in error("ResourceLimitExceeded")[2]


def test_every_error_that_the_model_has_is_known():
    modeled = set()
    for path in (ROOT / "schemas").glob("*.json"):
        modeled |= set(json.loads(path.read_text()).get("errors", ()))
    assert modeled
    for code in modeled:
        assert error(code)[0] >= 400


def test_status_and_message_can_be_overridden():
    assert error("Tea", status=418, message="short and stout") == (418, "Tea", "short and stout")
    assert error("ThrottlingException", status=429, message=None) == (429, "ThrottlingException", None)


def test_the_runtime_throttles_without_a_text():
    assert error("ThrottlingException", call("InvokeEndpoint")) == (400, "ThrottlingException", None)


@pytest.mark.parametrize(
    ("called", "status", "action", "resource"),
    [
        (
            call("CreateEndpoint", "e"),
            400,
            "sagemaker:CreateEndpoint",
            f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/e",
        ),
        (
            call("CreateEndpointConfig", "c"),
            400,
            "sagemaker:CreateEndpointConfig",
            f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint-config/c",
        ),
        (
            call("InvokeEndpoint", "e"),
            403,
            "sagemaker:InvokeEndpoint",
            f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/e",
        ),
        (call("ListModels", ""), 400, "sagemaker:ListModels", "*"),
        (call("ListTags", "arn:aws:x"), 400, "sagemaker:ListTags", "arn:aws:x"),
    ],
)
def test_access_denied_names_the_action_and_the_resource(called, status, action, resource):
    found = error("AccessDeniedException", called)
    assert found[0] == status
    assert f"is not authorized to perform: {action} on resource: {resource} because" in found[2]


def test_access_denied_of_another_service_names_its_action():
    effect = {"fault": "error", "code": "AccessDeniedException"}
    found = of(effect, called=call("s3:PUT", "b"), match={"operation": "s3:*"}).error
    assert "perform: s3:PUT on resource: *" in found.message


# -- throttling -----------------------------------------------------------------------------------


def test_without_a_rate_everything_is_throttled():
    found = of("throttle").error
    assert (found.code, found.status, found.message) == ("ThrottlingException", 400, "Rate exceeded")


def test_a_bucket_lets_a_burst_pass_and_then_its_rate():
    rules = Rules(rule({"fault": "throttle", "rate": 2, "burst": 3}))
    times = [0, 0, 0, 0, 0.4, 0.5, 0.9, 1.0, 100, 100, 100, 100]
    throttled = [rules.acts(now=now) for now in times]
    assert throttled == [
        *(False, False, False, True),
        *(True, False, True, False),
        *(False, False, False, True),
    ]
    assert rules.reasons() == {"effect": (8, "the bucket had a token")}


def test_a_bucket_without_burst_lets_one_pass_at_a_time():
    rules = Rules(rule({"fault": "throttle", "rate": 10}))
    assert [rules.acts(now=n / 10) for n in range(50)] == [False] * 50
    assert rules.acts(now=4.95)


def test_each_operation_has_a_bucket_in_each_region():
    rules = Rules(rule({"fault": "throttle", "rate": 1}))
    calls = [call(), call(), call("CreateEndpoint"), call(region="eu-west-1"), call(resource="n")]
    assert [rules.acts(c) for c in calls] == [False, True, False, False, True]


# -- latency --------------------------------------------------------------------------------------


def delays(delay, n=400):
    rules = Rules(rule({"fault": "latency", "delay": delay}))
    return sorted(rules.act().delay for _ in range(n))


@pytest.mark.parametrize(("delay", "seconds"), [("250ms", 0.25), (2, 2), ("1m", 60)])
def test_latency_can_be_constant(delay, seconds):
    assert delays(delay, 3) == [seconds] * 3


def test_latency_can_be_uniform():
    drawn = delays({"dist": "uniform", "low": "1s", "high": "3s"})
    assert 1 < drawn[0] < 1.1
    assert 2.9 < drawn[-1] < 3


def test_latency_can_be_lognormal_by_median_and_p99():
    drawn = delays({"dist": "lognormal", "median": "100ms", "p99": "1s"}, 4000)
    assert 0.09 < drawn[2000] < 0.11
    assert 0.8 < drawn[3960] < 1.25


@pytest.mark.parametrize("phase", ["before", "after"])
def test_latency_can_act_before_or_after(phase):
    assert of({"fault": "latency", "delay": 1}, phase, match={"phase": phase}).delay == 1


# -- answers that do not arrive -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "delivery"),
    [
        ("reset", Delivery("reset")),
        ("close", Delivery("close")),
        ("truncate", Delivery("truncate", 10)),
        ({"fault": "truncate", "bytes": 0}, Delivery("truncate", 0)),
        ("stall", Delivery("stall", 10, 60)),
        ({"fault": "stall", "bytes": 5, "seconds": "100ms"}, Delivery("stall", 5, 0.1)),
    ],
)
def test_a_response_can_be_lost_after_the_operation(effect, delivery):
    assert of(effect, "after").on(ANSWER).delivery == delivery


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_connection_can_break_before_the_operation(kind):
    assert of(kind, "before", match={"phase": "before"}).delivery == Delivery(kind)


# -- answers that are damaged ---------------------------------------------------------------------


def test_a_malformed_response_is_complete_but_invalid_json():
    damaged = of("malformed").on(ANSWER)
    assert damaged.delivery is None
    with pytest.raises(json.JSONDecodeError):
        json.loads(damaged.body)


@pytest.mark.parametrize(
    ("settings", "claimed"), [({}, "text/html"), ({"value": "application/xml"}, "application/xml")]
)
def test_a_response_can_have_a_wrong_content_type(settings, claimed):
    damaged = of({"fault": "content-type", **settings}).on(ANSWER)
    assert damaged.headers == (("x-amzn-RequestId", "id"), ("Content-Type", claimed))
    assert damaged.body == ANSWER.body


def test_a_response_can_lack_its_request_id():
    assert dict(of("no-request-id").on(ANSWER).headers) == {"Content-Type": "application/x-amz-json-1.1"}


def test_mutations_add_up():
    rules = Rules(rule("malformed"), rule("content-type", "y"), rule("truncate", "z"), phase="after")
    damaged = rules.act().on(ANSWER)
    assert len(damaged.body) == len(ANSWER.body) // 2
    assert dict(damaged.headers)["Content-Type"] == "text/html"
    assert damaged.delivery == Delivery("truncate", 10)
