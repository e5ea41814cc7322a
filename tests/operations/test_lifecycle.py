"""The life of an endpoint: how long each step takes, how it ends, and what is refused meanwhile."""

import pytest

from sm_emulator.store.history import WriteEvent
from tests.support.endpoint_scenario import (
    ARN,
    IN_PROGRESS,
    START,
    create,
    describe,
    measures,
    prepared,
    status,
    update,
)
from tests.support.local_gateway import ACCOUNT, VARIANT, Local


def gone(local: Local) -> bool:
    return status(local) == f'Could not find endpoint "{ARN}".'


# -- how long -------------------------------------------------------------------------------------


def test_by_default_everything_happens_immediately():
    local = prepared()
    create(local)
    assert status(local) == "InService"
    update(local)
    assert (status(local), describe(local)["EndpointConfigName"]) == ("InService", "d")
    local.ok("DeleteEndpoint", {"EndpointName": "e"})
    assert gone(local)


def test_each_step_takes_the_time_that_its_setting_says():
    local = prepared({"creating_seconds": 60, "updating_seconds": 30, "deleting_seconds": 10})
    advance = local.scenario.clock.advance
    create(local)
    advance(59.9)
    assert status(local) == "Creating"
    advance(0.1)
    assert status(local) == "InService"
    update(local)
    advance(29.9)
    assert (status(local), describe(local)["EndpointConfigName"]) == ("Updating", "c")
    advance(0.1)
    assert (status(local), describe(local)["EndpointConfigName"]) == ("InService", "d")
    local.ok("DeleteEndpoint", {"EndpointName": "e"})
    advance(9.9)
    assert status(local) == "Deleting"
    advance(0.1)
    assert gone(local)
    create(local)
    assert status(local) == "Creating", "the name is free again"


def test_steps_are_taken_when_they_fall_due_however_late_somebody_looks():
    local = prepared({"creating_seconds": 60})
    create(local)
    local.scenario.clock.advance(1000)
    response = describe(local)
    assert (response["CreationTime"], response["LastModifiedTime"]) == (START, START + 60)


def test_a_rule_may_count_describes_instead_of_seconds():
    local = prepared({"rules": [{"describes": 2, "match": {"operations": ["CreateEndpoint"]}}]})
    create(local)
    local.scenario.clock.advance(10_000)
    assert [e["EndpointStatus"] for e in local.ok("ListEndpoints")["Endpoints"]] == ["Creating"]
    assert [status(local) for _ in range(4)] == ["Creating", "Creating", "InService", "InService"]
    update(local)
    assert status(local) == "InService", "the rule is for CreateEndpoint"


def test_describes_are_counted_for_each_step_and_endpoint_apart():
    local = prepared({"rules": [{"describes": 1}]})
    create(local)
    create(local, "other")
    assert [status(local), status(local), status(local, "other")] == [
        "Creating",
        "InService",
        "Creating",
    ]
    update(local)
    assert [status(local), status(local)] == ["Updating", "InService"]
    local.ok("DeleteEndpoint", {"EndpointName": "e"})
    assert status(local) == "Deleting"
    assert gone(local)


def test_a_describe_that_shows_the_next_step_counts_for_it():
    local = prepared(
        {"rules": [{"describes": 2, "failure": "internal", "match": {"operations": ["UpdateEndpoint"]}}]}
    )
    create(local)
    update(local)
    assert [status(local) for _ in range(5)] == [
        *["Updating"] * 2,
        *["RollingBack"] * 2,
        "InService",
    ]


def test_the_first_rule_that_matches_decides_and_others_go_by_the_settings():
    rules = [{"seconds": 5, "match": {"names": "slow-*"}}, {"seconds": 50, "match": {"names": "s*"}}]
    local = prepared({"creating_seconds": 1, "rules": rules})
    for name in ("slow-1", "sluggish", "other"):
        create(local, name)
    names = ("slow-1", "sluggish", "other")
    seen = []
    for _ in range(3):
        local.scenario.clock.advance(1 if not seen else 4 if len(seen) == 1 else 45)
        seen.append([status(local, name) == "InService" for name in names])
    assert seen == [[False, False, True], [True, False, True], [True, True, True]]


def test_steps_of_no_length_leave_no_version_behind():
    failing = {"failure": "internal", "match": {"operations": ["UpdateEndpoint"]}}
    local = prepared({"rules": [failing]}, "dynamodb")
    create(local)
    update(local)
    local.ok("ListEndpoints")  # each request first takes the steps that have fallen due
    written = [
        event for event in local.scenario.store.history.snapshot() if isinstance(event, WriteEvent)
    ]
    assert [event.kind for event in written if event.key.type == "Endpoint"] == ["create", "update"]
    local.scenario.store.settle()
    assert status(local) == "InService"


# -- what is refused meanwhile --------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["Creating", "Updating", "RollingBack", "Deleting"])
@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("UpdateEndpoint", {"EndpointConfigName": "d"}),
        (
            "UpdateEndpointWeightsAndCapacities",
            {"DesiredWeightsAndCapacities": [{"VariantName": "a", "DesiredWeight": 1}]},
        ),
        ("DeleteEndpoint", {}),
    ],
)
def test_whatever_is_in_progress_is_not_changed(phase, operation, members):
    rules = [{"failure": "internal", "seconds": 10, "match": {"operations": ["UpdateEndpoint"]}}]
    local = prepared({"creating_seconds": 10, "deleting_seconds": 10, "rules": rules})
    create(local)
    if phase != "Creating":
        local.scenario.clock.advance(10)
    if phase in {"Updating", "RollingBack"}:
        update(local)
        local.scenario.clock.advance(10 if phase == "RollingBack" else 0)
    if phase == "Deleting":
        local.ok("DeleteEndpoint", {"EndpointName": "e"})
    before = describe(local)
    assert before["EndpointStatus"] == phase
    assert local.call(operation, {"EndpointName": "e", **members}).message == IN_PROGRESS
    assert describe(local) == before


def test_tags_may_be_changed_meanwhile_and_the_endpoint_goes_on():
    local = prepared({"creating_seconds": 10})
    create(local)
    local.scenario.clock.advance(5)
    local.ok("AddTags", {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "b"}]})
    local.scenario.clock.advance(5)
    assert status(local) == "InService"
    assert local.ok("ListTags", {"ResourceArn": ARN})["Tags"] == [{"Key": "a", "Value": "b"}]


def test_a_change_of_tags_does_not_restart_the_count_of_describes():
    local = prepared({"rules": [{"describes": 2}]})
    create(local)
    assert [status(local), status(local)] == ["Creating", "Creating"]
    local.ok("AddTags", {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "b"}]})
    assert status(local) == "InService"


# -- failures -------------------------------------------------------------------------------------


def test_a_failed_endpoint_shows_the_reason_and_can_only_be_deleted():
    local = prepared({"rules": [{"failure": "ping", "seconds": 5}]})
    create(local)
    assert "FailureReason" not in describe(local)
    local.scenario.clock.advance(5)
    response = describe(local)
    assert response["EndpointStatus"] == "Failed"
    assert "production variant a did not pass the ping health check" in response["FailureReason"]
    assert "ProductionVariants" not in response
    answer = local.call("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "d"})
    assert (answer.status, answer.message) == (400, f'Cannot update failed endpoint "{ARN}".')
    assert local.ok("ListEndpoints", {"StatusEquals": "Failed"})["Endpoints"][0]["EndpointName"] == "e"
    local.ok("DeleteEndpoint", {"EndpointName": "e"})


def test_a_failed_update_is_rolled_back_and_ends_on_the_old_configuration_with_the_reason():
    rule = {"failure": "capacity", "seconds": 5, "match": {"operations": ["UpdateEndpoint"]}}
    local = prepared({"rules": [rule]})
    create(local)
    before = describe(local)
    update(local)
    assert status(local) == "Updating"
    local.scenario.clock.advance(5)
    assert status(local) == "RollingBack"
    local.scenario.clock.advance(5)
    after = describe(local)
    assert after["EndpointStatus"] == "InService"
    assert after["FailureReason"].startswith("Unable to provision requested ML compute capacity")
    assert after["LastModifiedTime"] == START + 10
    same = ("EndpointConfigName", "ProductionVariants", "CreationTime")
    assert {m: after[m] for m in same} == {m: before[m] for m in same}


def test_the_next_update_removes_a_reason():
    names = {"operations": ["UpdateEndpoint"]}
    local = prepared({"rules": [{"failure": "internal", "match": names}], "updating_seconds": 10})
    create(local)
    update(local)
    assert status(local) == "InService", "steps of no length are passed through, one and all"
    assert "FailureReason" in describe(local)
    weights = [{"VariantName": "a", "DesiredWeight": 1}]
    members = {"EndpointName": "e", "DesiredWeightsAndCapacities": weights}
    local.ok("UpdateEndpointWeightsAndCapacities", members)
    assert status(local) == "Updating"
    assert "FailureReason" not in describe(local)
    local.scenario.clock.advance(10)
    assert status(local) == "InService"
    assert "FailureReason" not in describe(local)


def test_a_roll_back_may_fail_too():
    names = {"operations": ["UpdateEndpoint"]}
    rule = {"failure": "internal", "seconds": 5, "rollback_fails": True, "match": names}
    local = prepared({"rules": [rule]})
    create(local)
    update(local)
    local.scenario.clock.advance(5)
    assert status(local) == "RollingBack"
    local.scenario.clock.advance(5)
    response = describe(local)
    assert (response["EndpointStatus"], response["EndpointConfigName"]) == ("UpdateRollbackFailed", "c")
    assert response["FailureReason"].startswith("Request to service failed.")


# -- what an update shows and keeps ---------------------------------------------------------------


def test_while_updating_the_old_configuration_shows_and_the_new_one_is_pending():
    local = prepared({"updating_seconds": 30})
    create(local)
    local.scenario.clock.advance(7)
    update(local)
    response = describe(local)
    assert (response["EndpointStatus"], response["EndpointConfigName"]) == ("Updating", "c")
    assert [v["VariantName"] for v in response["ProductionVariants"]] == ["a", "b"]
    pending = response["PendingDeploymentSummary"]
    assert (pending["EndpointConfigName"], pending["StartTime"]) == ("d", START + 7)
    assert [v["VariantName"] for v in pending["ProductionVariants"]] == ["a", "new"]
    assert pending["ProductionVariants"][0]["VariantStatus"] == [
        {"Status": "Creating", "StatusMessage": "Launching 1 instance(s).", "StartTime": START + 7}
    ]
    local.scenario.clock.advance(30)
    assert "PendingDeploymentSummary" not in describe(local)


@pytest.mark.parametrize(
    ("excluded", "kept"),
    [
        ([], (2.0, 3)),
        (["DesiredWeight"], (1.0, 3)),
        (["DesiredInstanceCount"], (2.0, 1)),
        (["DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"], (1.0, 1)),
    ],
)
def test_variants_of_the_same_name_keep_their_properties_when_requested(excluded, kept):
    local = prepared()
    create(local)
    exclude = [{"VariantPropertyType": kind} for kind in excluded]
    members = {"ExcludeRetainedVariantProperties": exclude} if exclude else {}
    update(local, RetainAllVariantProperties=True, **members)
    assert measures(local) == {"a": kept, "new": (1.0, 1)}


def test_variants_keep_nothing_unless_requested():
    local = prepared()
    create(local)
    update(local)
    assert measures(local) == {"a": (1.0, 1), "new": (1.0, 1)}


def capture(share: int, **members: object) -> dict:
    modes = [{"CaptureMode": "Input"}]
    whole = {"DestinationS3Uri": "s3://b/k", "InitialSamplingPercentage": share, "CaptureOptions": modes}
    return {"DataCaptureConfig": {**whole, **members}}


def test_the_capture_of_data_is_summarised():
    local = prepared()
    local.config("capturing", **capture(30))
    local.config("off", **capture(10, EnableCapture=False, KmsKeyId="k"))
    create(local)
    assert "DataCaptureConfig" not in describe(local)
    update(local, EndpointConfigName="capturing")
    on = {"EnableCapture": True, "CaptureStatus": "Started", "CurrentSamplingPercentage": 30}
    assert describe(local)["DataCaptureConfig"] == {**on, "DestinationS3Uri": "s3://b/k"}
    update(local, EndpointConfigName="off")
    assert describe(local)["DataCaptureConfig"] == {
        "EnableCapture": False,
        "CaptureStatus": "Stopped",
        "CurrentSamplingPercentage": 10,
        "DestinationS3Uri": "s3://b/k",
        "KmsKeyId": "k",
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, 10),
        ({"RetainAllVariantProperties": True}, 30),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DataCaptureConfig"}],
            },
            10,
        ),
    ],
)
def test_the_capture_of_data_is_retained_like_a_variants_properties(members, expected):
    local = prepared()
    local.config("old", **capture(30))
    local.config("new", **capture(10))
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "old"})
    update(local, EndpointConfigName="new", **members)
    assert describe(local)["DataCaptureConfig"]["CurrentSamplingPercentage"] == expected


DEPLOYMENT = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    }
}


@pytest.mark.parametrize(("retain", "shown"), [(True, DEPLOYMENT), (False, None)])
def test_the_deployment_configuration_shows_and_is_retained_when_requested(retain, shown):
    local = prepared()
    create(local)
    update(local, DeploymentConfig=DEPLOYMENT)
    assert describe(local)["LastDeploymentConfig"] == DEPLOYMENT
    update(local, EndpointConfigName="c", RetainDeploymentConfig=retain)
    assert describe(local).get("LastDeploymentConfig") == shown


def test_an_endpoint_may_be_created_with_a_deployment_configuration():
    local = prepared()
    members = {"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": DEPLOYMENT}
    local.ok("CreateEndpoint", members)
    assert describe(local)["LastDeploymentConfig"] == DEPLOYMENT


def test_shadow_variants_show_apart():
    local = prepared()
    shadow = {**VARIANT, "VariantName": "shadow"}
    production = [{**VARIANT, "VariantName": "p"}]
    local.config("s", ProductionVariants=production, ShadowProductionVariants=[shadow])
    local.scenario.store.settle()
    create(local)
    update(local, EndpointConfigName="s")
    response = describe(local)
    assert [v["VariantName"] for v in response["ProductionVariants"]] == ["p"]
    assert [v["VariantName"] for v in response["ShadowProductionVariants"]] == ["shadow"]


# -- staleness ------------------------------------------------------------------------------------


def test_a_status_is_seen_late_like_any_other_write():
    local = prepared({"creating_seconds": 5}, "adversarial")
    create(local)
    assert status(local) == f'Could not find endpoint "{ARN}".'
    local.scenario.clock.advance(5)
    assert status(local) == "Creating", "in service for 0 s, which the stalest replica does not know"
    local.scenario.clock.advance(0.5)
    answer = local.call("DescribeEndpoint", {"EndpointName": "e"})
    assert "stale=1; age=0.5" in answer.read
    local.scenario.clock.advance(0.5)
    assert status(local) == "InService"


def test_a_status_may_flap_between_replicas():
    table = {"preset": "flapping", "bounds": {"max_lag": "60s"}}
    local = prepared({"creating_seconds": 5}, table)
    create(local)
    local.scenario.store.settle()
    local.scenario.clock.advance(10)
    assert [status(local) for _ in range(4)] == ["InService", "Creating", "InService", "Creating"]


def test_what_fell_due_happened_under_the_consistency_of_then():
    from sm_emulator.control.scenario import Scenario

    local = prepared({"creating_seconds": 5})
    create(local)
    local.scenario.clock.advance(10)
    scenario = Scenario(local.scenarios[ACCOUNT], lambda: "")
    scenario.consistency("adversarial")
    assert status(local) == "InService"
    assert scenario.pending() == []
