"""Maintenance: an endpoint becomes SystemUpdating by itself, and cannot be changed meanwhile."""

import pytest

from tests.support.local_gateway import Local

ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"
IN_PROGRESS = f'Cannot update in-progress endpoint "{ARN}".'
CHANGES = [
    ("UpdateEndpoint", {"EndpointConfigName": "d"}),
    (
        "UpdateEndpointWeightsAndCapacities",
        {"DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredWeight": 2}]},
    ),
    ("DeleteEndpoint", {}),
]


def prepared(*updates: dict, preset: object = "strong", **life: object) -> Local:
    local = Local(preset, life={"system_updates": list(updates), **life})
    local.model()
    for name in ("c", "d"):
        local.config(name)
    local.scenario.store.settle()
    return local


def create(local: Local, name: str = "e") -> None:
    local.ok("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": "c"})


def describe(local: Local, name: str = "e") -> dict:
    return local.ok("DescribeEndpoint", {"EndpointName": name})


def status(local: Local, name: str = "e") -> str:
    return describe(local, name)["EndpointStatus"]


def statuses(local: Local, count: int, seconds: float = 0) -> list[str]:
    found = []
    for _ in range(count):
        found.append(status(local))
        local.scenario.clock.advance(seconds)
    return found


def test_maintenance_comes_after_some_seconds_in_service_and_ends():
    local = prepared({"after_seconds": 20, "seconds": 10}, creating_seconds=10)
    create(local)
    assert statuses(local, 6, 10) == [
        "Creating",
        "InService",
        "InService",
        "SystemUpdating",
        "InService",
        "InService",
    ]


def test_maintenance_may_be_counted_by_describes():
    local = prepared({"after_describes": 1, "describes": 2})
    create(local)
    assert statuses(local, 5) == ["InService", *["SystemUpdating"] * 2, *["InService"] * 2]


def test_maintenance_changes_nothing_but_status_and_time():
    local = prepared({"after_seconds": 5, "seconds": 5})
    create(local)
    before = describe(local)
    local.scenario.clock.advance(5)
    response = describe(local)
    assert response["LastModifiedTime"] == before["LastModifiedTime"] + 5
    changed = {"EndpointStatus": "SystemUpdating", "LastModifiedTime": response["LastModifiedTime"]}
    assert response == {**before, **changed}


@pytest.mark.parametrize(("operation", "members"), CHANGES)
def test_during_maintenance_an_endpoint_is_not_changed_and_before_and_after_it_is(operation, members):
    for wait, expected in ((4, 200), (5, 400), (9.9, 400), (10, 200)):
        local = prepared({"after_seconds": 5, "seconds": 5})
        create(local)
        local.scenario.clock.advance(wait)
        answer = local.call(operation, {"EndpointName": "e", **members})
        assert answer.status == expected
        if expected == 400:
            assert answer.message == IN_PROGRESS
            assert status(local) == "SystemUpdating"


def test_tags_may_be_changed_during_maintenance():
    local = prepared({"after_seconds": 5, "seconds": 5})
    create(local)
    local.scenario.clock.advance(5)
    local.ok("AddTags", {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "b"}]})
    local.scenario.clock.advance(5)
    assert status(local) == "InService"


def test_an_update_puts_maintenance_off_and_a_deletion_calls_it_off():
    local = prepared({"after_seconds": 20, "seconds": 10}, updating_seconds=10)
    create(local)
    local.scenario.clock.advance(10)
    local.ok("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "d"})
    assert statuses(local, 5, 10) == [
        "Updating",
        "InService",
        "InService",
        "SystemUpdating",
        "InService",
    ]
    local = prepared({"after_seconds": 20, "seconds": 10})
    create(local)
    local.ok("DeleteEndpoint", {"EndpointName": "e"})
    local.scenario.clock.advance(100)
    assert local.call("DescribeEndpoint", {"EndpointName": "e"}).status == 400


def test_an_endpoint_made_again_has_a_time_of_its_own():
    local = prepared({"after_seconds": 20, "seconds": 10})
    create(local)
    local.scenario.clock.advance(15)
    local.ok("DeleteEndpoint", {"EndpointName": "e"})
    create(local)
    local.scenario.clock.advance(5)
    assert status(local) == "InService", "the first one would be in maintenance now"
    local.scenario.clock.advance(15)
    assert status(local) == "SystemUpdating"


def test_maintenance_is_for_the_names_that_match_first():
    local = prepared(
        {"names": "a-*", "after_seconds": 5, "seconds": 1}, {"names": "a*", "after_seconds": 1}
    )
    for name in ("a-1", "a2", "b"):
        create(local, name)
    local.scenario.clock.advance(5)
    assert [status(local, name) for name in ("a-1", "a2", "b")] == [
        "SystemUpdating",
        "InService",
        "InService",
    ]


def test_a_failed_endpoint_has_no_maintenance_and_one_rolled_back_has():
    failing = {"failure": "internal", "match": {"names": "bad"}}
    local = prepared({"after_seconds": 5, "seconds": 5}, rules=[failing])
    create(local, "bad")
    local.scenario.clock.advance(7)
    assert status(local, "bad") == "Failed"
    rule = {"failure": "internal", "match": {"operations": ["UpdateEndpoint"]}}
    local = prepared({"after_seconds": 5, "seconds": 5}, rules=[rule])
    create(local)
    local.ok("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "d"})
    local.scenario.clock.advance(5)
    response = describe(local)
    assert (response["EndpointStatus"], response["EndpointConfigName"]) == ("SystemUpdating", "c")
    assert response["FailureReason"].startswith("Request to service failed.")


def test_maintenance_is_seen_late_like_any_other_status():
    local = prepared({"after_seconds": 5, "seconds": 10}, preset="adversarial")
    create(local)
    local.scenario.store.settle()
    local.scenario.clock.advance(5.5)
    assert status(local) == "InService"
    local.scenario.clock.advance(0.5)
    assert status(local) == "SystemUpdating"
    assert local.ok("ListEndpoints", {"StatusEquals": "SystemUpdating"})["Endpoints"]
