"""The phases of an update as DescribeEndpoint shows them: traffic, instances, baking, roll-back."""

import pytest

from tests.support.local_gateway import VARIANT, Local

START = 1_767_225_600


def prepared(life: dict) -> Local:
    """Put the endpoint e, of one variant on 4 instances, on c; d has the same variant on as many."""
    local = Local(life={"deployment_waits": True, **life})
    local.model()
    for name in ("c", "d"):
        local.config(name, ProductionVariants=[{**VARIANT, "InitialInstanceCount": 4}])
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    return local


def update(local: Local, deployment: dict | None) -> None:
    members = {"DeploymentConfig": deployment} if deployment else {}
    local.ok("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "d", **members})


def describe(local: Local) -> dict:
    return local.ok("DescribeEndpoint", {"EndpointName": "e"})


def size(value: int, kind: str = "CAPACITY_PERCENT") -> dict:
    return {"Type": kind, "Value": value}


def blue_green(kind: str, wait: int, termination: int = 0, **sizes: dict) -> dict:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": termination}
    return {"BlueGreenUpdatePolicy": policy}


def rolling(batch: dict, wait: int) -> dict:
    return {"RollingUpdatePolicy": {"MaximumBatchSize": batch, "WaitIntervalInSeconds": wait}}


def seen(local: Local) -> list[tuple[str, int, float, int, int]]:
    """Step through an update second by second.

    Gives each phase with how long it took, the weight and count of the new variant, and the count of
    the old one.
    """
    found: dict[float, list] = {}
    while (response := describe(local))["EndpointStatus"] == "Updating":
        (old,) = response["ProductionVariants"]
        (new,) = response["PendingDeploymentSummary"]["ProductionVariants"]
        assert response["PendingDeploymentSummary"]["StartTime"] == START
        (status,) = new.get("VariantStatus") or old["VariantStatus"]
        counts = [new["CurrentWeight"], new["CurrentInstanceCount"], old["CurrentInstanceCount"]]
        phase = found.setdefault(status["StartTime"], [status["Status"], 0, *counts])
        assert phase[2:] == counts
        phase[1] += 1
        local.scenario.clock.advance(1)
    return [tuple(phase) for phase in found.values()]


@pytest.mark.parametrize(
    ("deployment", "expected"),
    [
        (None, []),
        (blue_green("ALL_AT_ONCE", 7, 2), [("Baking", 7, 1.0, 4, 4), ("Baking", 2, 1.0, 4, 4)]),
        (
            blue_green("CANARY", 4, 3, CanarySize=size(1, "INSTANCE_COUNT")),
            [("Baking", 4, 1.0, 1, 4), ("Baking", 4, 1.0, 4, 4), ("Baking", 3, 1.0, 4, 4)],
        ),
        (
            blue_green("LINEAR", 2, LinearStepSize=size(33)),
            [("Baking", 2, 1.0, count, 4) for count in (2, 3, 4, 4)],
        ),
        (rolling(size(50), 5), [("Baking", 5, 1.0, 2, 4), ("Baking", 5, 1.0, 4, 2)]),
        (rolling(size(3, "INSTANCE_COUNT"), 5), [("Baking", 5, 1.0, 3, 4), ("Baking", 5, 1.0, 4, 1)]),
    ],
)
def test_an_update_takes_the_waits_of_its_deployment_if_configured(deployment, expected):
    local = prepared({"updating_seconds": 3})
    update(local, deployment)
    assert seen(local) == [("Creating", 3, 0.0, 0, 4), *expected]
    assert describe(local)["EndpointConfigName"] == "d"
    local = prepared({"updating_seconds": 3, "deployment_waits": False})
    update(local, deployment)
    assert seen(local) == [("Creating", 3, 0.0, 0, 4)], "not response to"


def test_a_shift_of_traffic_and_a_termination_show_when_they_take_time():
    local = prepared({"updating_seconds": 1, "shifting_seconds": 1})
    update(local, blue_green("CANARY", 1, 0, CanarySize=size(25)))
    assert seen(local) == [
        ("Creating", 1, 0.0, 0, 4),
        ("ActivatingTraffic", 1, 1.0, 1, 4),
        ("Baking", 1, 1.0, 1, 4),
        ("ActivatingTraffic", 1, 1.0, 4, 4),
        ("Baking", 1, 1.0, 4, 4),
        ("Deleting", 1, 1.0, 4, 4),
    ]


def test_a_rolling_update_replaces_batch_by_batch():
    local = prepared({"updating_seconds": 1, "shifting_seconds": 1})
    update(local, rolling(size(3, "INSTANCE_COUNT"), 1))
    assert seen(local) == [
        ("Creating", 1, 0.0, 0, 4),
        ("ActivatingTraffic", 1, 1.0, 3, 4),
        ("Baking", 1, 1.0, 3, 4),
        ("Deleting", 1, 1.0, 3, 4),
        ("Updating", 1, 1.0, 3, 1),
        ("ActivatingTraffic", 1, 1.0, 4, 1),
        ("Baking", 1, 1.0, 4, 1),
        ("Deleting", 1, 1.0, 4, 1),
    ]


@pytest.mark.parametrize(
    "deployment",
    [
        blue_green("LINEAR", 1, LinearStepSize=size(1, "INSTANCE_COUNT")),
        rolling(size(1, "INSTANCE_COUNT"), 1),
    ],
    ids=["linear", "rolling"],
)
def test_a_small_step_of_many_instances_makes_a_hundred_stages_at_most(deployment):
    local = prepared({"deployment_waits": True})
    variants = [{**VARIANT, "VariantName": "a", "InitialInstanceCount": 2**31 - 1}]
    local.config("huge", ProductionVariants=variants)
    members = {"EndpointName": "e", "EndpointConfigName": "huge", "DeploymentConfig": deployment}
    local.ok("UpdateEndpoint", members)
    local.scenario.clock.advance(100)
    assert describe(local)["EndpointStatus"] == "InService"


def test_each_phase_has_the_message_of_the_service():
    local = prepared({"updating_seconds": 1, "shifting_seconds": 1})
    update(local, blue_green("CANARY", 600, 0, CanarySize=size(1, "INSTANCE_COUNT")))
    response = []
    for length in (1, 1, 600, 1, 600, 1):
        (new,) = describe(local)["PendingDeploymentSummary"]["ProductionVariants"]
        (old,) = describe(local)["ProductionVariants"]
        response += [s["StatusMessage"] for v in (new, old) for s in v.get("VariantStatus", ())]
        local.scenario.clock.advance(length)
    assert response == [
        "Launching 4 instance(s).",
        "Activating traffic on canary capacity of 1 instance(s).",
        "Baking for 600 seconds (TerminationWaitInSeconds) with traffic enabled on canary capacity of "
        "1 instance(s).",
        "Activating traffic on full capacity of 4 instance(s).",
        "Baking for 600 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of "
        "4 instance(s).",
        "Terminating 4 instance(s).",
    ]
    assert describe(local)["EndpointStatus"] == "InService"


def test_the_deployment_configuration_shows_while_it_is_carried_out():
    local = prepared({"updating_seconds": 5})
    deployment = blue_green("ALL_AT_ONCE", 1)
    update(local, deployment)
    assert describe(local)["LastDeploymentConfig"] == deployment


def test_serverless_variants_have_no_instances_to_count():
    local = prepared({"updating_seconds": 5})
    variant = {"VariantName": "s", "ModelName": "m"}
    variant["ServerlessConfig"] = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    for name in ("s", "t"):
        local.config(name, ProductionVariants=[variant])
    local.ok("CreateEndpoint", {"EndpointName": "e2", "EndpointConfigName": "s"})
    local.ok("UpdateEndpoint", {"EndpointName": "e2", "EndpointConfigName": "t"})
    response = local.ok("DescribeEndpoint", {"EndpointName": "e2"})
    (new,) = response["PendingDeploymentSummary"]["ProductionVariants"]
    assert new["VariantStatus"] == [{"Status": "Creating", "StartTime": START}]
    assert "CurrentInstanceCount" not in new


# -- failures -------------------------------------------------------------------------------------


def failing(reason: str) -> dict:
    return {"failure": reason, "seconds": 1, "match": {"operations": ["UpdateEndpoint"]}}


def test_what_does_not_start_fails_before_it_has_traffic():
    local = prepared({"rules": [failing("ping")]})
    update(local, blue_green("CANARY", 5, CanarySize=size(25)))
    assert seen(local) == [("Creating", 1, 0.0, 0, 4)]
    assert describe(local)["EndpointStatus"] == "RollingBack"


def test_an_alarm_rolls_an_update_back_when_it_has_baked():
    local = prepared({"rules": [failing("alarm")]})
    before = describe(local)
    alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "p99"}, {"AlarmName": "5xx"}]}}
    update(local, {**blue_green("CANARY", 5, CanarySize=size(25)), **alarms})
    assert seen(local) == [("Creating", 1, 0.0, 0, 4), ("Baking", 5, 1.0, 1, 4)]
    response = describe(local)
    assert response["EndpointStatus"] == "RollingBack"
    assert "PendingDeploymentSummary" not in response
    local.scenario.clock.advance(1)
    after = describe(local)
    same = ("EndpointConfigName", "ProductionVariants")
    assert {m: after[m] for m in same} == {m: before[m] for m in same}
    assert after["EndpointStatus"] == "InService"
    assert after["FailureReason"].endswith("is in ALARM state: p99, 5xx.")


def test_an_alarm_without_anything_that_bakes_fails_the_update_all_the_same():
    local = prepared({"rules": [failing("alarm")], "deployment_waits": False})
    update(local, None)
    assert seen(local) == [("Creating", 1, 0.0, 0, 4)]
    assert describe(local)["FailureReason"].endswith("is in ALARM state: none is named.")


@pytest.mark.parametrize("operation", ["UpdateEndpoint", "CreateEndpoint"])
@pytest.mark.parametrize(
    ("deployment", "said"),
    [
        (blue_green("LINEAR", 1), "LinearStepSize must be specified"),
        (blue_green("CANARY", 1), "CanarySize must be specified"),
        (
            {**blue_green("ALL_AT_ONCE", 1), **rolling(size(9), 1)},
            "Only one of BlueGreenUpdatePolicy and",
        ),
    ],
)
def test_an_incomplete_deployment_is_refused_and_changes_nothing(operation, deployment, said):
    local = prepared({})
    before = local.ok("ListEndpoints")
    name = {"UpdateEndpoint": "e", "CreateEndpoint": "f"}[operation]
    members = {"EndpointName": name, "EndpointConfigName": "d", "DeploymentConfig": deployment}
    answer = local.call(operation, members)
    assert (answer.status, answer.code) == (400, "ValidationException")
    assert answer.message.startswith(said)
    assert local.ok("ListEndpoints") == before
