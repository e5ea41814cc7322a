"""Instance quotas: refused where AWS refuses, and nothing changed."""

import pytest

from sm_emulator.store.history import ReadEvent
from tests.support.local_gateway import VARIANT, Local

LARGE = {"instances": {"ml.m5.large": 4}}


def prepared(quotas: dict, **more: object) -> Local:
    local = Local(quotas=quotas, **more)
    local.model()
    for count in (1, 3, 5):
        local.config(f"c{count}", ProductionVariants=[{**VARIANT, "InitialInstanceCount": count}])
    return local


def create(local: Local, name: str, config: str):
    return local.call("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": config})


def refused(answer, limit: int, used: int, delta: int) -> None:
    assert (answer.status, answer.code) == (400, "ResourceLimitExceeded")
    assert answer.message == (
        f"The account-level service limit 'ml.m5.large for endpoint usage' is {limit} Instances, with "
        f"current utilization of {used} Instances and a request delta of {delta} Instances. Please "
        "contact AWS support to request an increase for this limit."
    )


def test_creates_use_up_a_quota_and_deletions_free_it():
    local = prepared(LARGE)
    assert create(local, "a", "c3").status == 200
    refused(create(local, "b", "c3"), 4, 3, 3)
    assert local.call("DescribeEndpoint", {"EndpointName": "b"}).status == 400
    assert create(local, "b", "c1").status == 200
    refused(create(local, "c", "c1"), 4, 4, 1)
    local.ok("DeleteEndpoint", {"EndpointName": "a"})
    assert create(local, "c", "c3").status == 200


def test_updates_count_by_what_they_add():
    local = prepared(LARGE)
    create(local, "a", "c3")
    refused(local.call("UpdateEndpoint", {"EndpointName": "a", "EndpointConfigName": "c5"}), 4, 3, 2)
    assert local.ok("DescribeEndpoint", {"EndpointName": "a"})["EndpointConfigName"] == "c3"
    local.ok("UpdateEndpoint", {"EndpointName": "a", "EndpointConfigName": "c1"})
    desired = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 5}]
    members = {"EndpointName": "a", "DesiredWeightsAndCapacities": desired}
    refused(local.call("UpdateEndpointWeightsAndCapacities", members), 4, 1, 4)
    desired[0]["DesiredInstanceCount"] = 4
    local.ok("UpdateEndpointWeightsAndCapacities", members)
    refused(create(local, "b", "c1"), 4, 4, 1)


def test_an_update_takes_its_instances_when_it_begins():
    local = prepared(LARGE, life={"updating_seconds": 60})
    create(local, "a", "c1")
    create(local, "b", "c1")
    local.ok("UpdateEndpoint", {"EndpointName": "a", "EndpointConfigName": "c3"})
    refused(local.call("UpdateEndpoint", {"EndpointName": "b", "EndpointConfigName": "c3"}), 4, 4, 2)


@pytest.mark.parametrize("outcome", [{}, {"failure": "capacity"}])
def test_a_creation_takes_its_instances_when_it_begins(outcome):
    local = prepared(LARGE, life={"rules": [{"seconds": 60, **outcome}]})
    create(local, "a", "c3")
    refused(create(local, "b", "c3"), 4, 3, 3)
    local.scenario.clock.advance(60)
    assert create(local, "b", "c3").status == (200 if outcome else 400)


def test_instances_are_used_until_an_endpoint_is_gone():
    local = prepared(LARGE, life={"deleting_seconds": 60})
    create(local, "a", "c3")
    local.ok("DeleteEndpoint", {"EndpointName": "a"})
    refused(create(local, "b", "c3"), 4, 3, 3)
    local.scenario.clock.advance(60)
    assert create(local, "b", "c3").status == 200


def test_what_frees_instances_is_never_refused():
    """Even where more are used than there are: here by an update that is rolled back."""
    failing = {"failure": "internal", "seconds": 10, "match": {"operations": ["UpdateEndpoint"]}}
    local = prepared(LARGE, life={"rules": [failing]})
    create(local, "a", "c3")
    local.ok("UpdateEndpoint", {"EndpointName": "a", "EndpointConfigName": "c1"})
    assert create(local, "b", "c3").status == 200
    local.scenario.clock.advance(20)
    refused(create(local, "c", "c1"), 4, 6, 1)
    desired = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}]
    members = {"EndpointName": "a", "DesiredWeightsAndCapacities": desired}
    local.ok("UpdateEndpointWeightsAndCapacities", members)
    refused(create(local, "c", "c1"), 4, 5, 1)


def test_an_existing_endpoint_is_refused_as_existing_first():
    local = prepared(LARGE)
    create(local, "a", "c3")
    assert create(local, "a", "c5").message.startswith("Cannot create already existing endpoint")


def test_failed_endpoints_and_serverless_variants_use_nothing():
    failing = {"rules": [{"failure": "internal", "match": {"names": "bad"}}]}
    local = prepared({"instances": {"ml.m5.large": 4}, "total": 4}, life=failing)
    assert create(local, "bad", "c3").status == 200
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 50}
    variant = {"VariantName": "s", "ModelName": "m", "ServerlessConfig": serverless}
    local.config("s", ProductionVariants=[variant])
    assert create(local, "serverless", "s").status == 200
    assert create(local, "good", "c3").status == 200


def test_instances_of_pools_count_as_those_of_the_first_in_priority():
    local = prepared(LARGE)
    pools = [
        {"InstanceType": "ml.c5.large", "Priority": 2},
        {"InstanceType": "ml.m5.large", "Priority": 1},
    ]
    variant = {"VariantName": "v", "ModelName": "m", "InstancePools": pools, "InitialInstanceCount": 5}
    local.config("pooled", ProductionVariants=[variant])
    refused(create(local, "a", "pooled"), 4, 0, 5)


@pytest.mark.parametrize("other", ["region", "account"])
def test_quotas_are_those_of_a_region_and_an_account(other):
    local = prepared(LARGE)
    create(local, "a", "c3")
    where = {"region": "123456789012/20260101/eu-west-1", "account": "999999999999/20260101/us-east-1"}
    backend = f"AWS4-HMAC-SHA256 Credential={where[other]}/sagemaker/aws4_request"
    variants = [{**VARIANT, "InitialInstanceCount": 3}]
    for operation, members in (
        ("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}}),
        ("CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": variants}),
        ("CreateEndpoint", {"EndpointName": "a", "EndpointConfigName": "c"}),
    ):
        local.ok(operation, members, authorization=backend)


def test_the_leader_checks_and_that_does_not_count_as_a_read():
    late = {"rules": [{"name": "late", "lag": {"dist": "constant", "value": "1h"}}]}
    local = prepared(LARGE, preset={**late, "bounds": {"max_lag": "1h"}})
    local.scenario.store.settle()
    create(local, "a", "c3")
    refused(create(local, "b", "c3"), 4, 3, 3)
    local.ok("DeleteEndpoint", {"EndpointName": "a"})
    assert create(local, "b", "c3").status == 200, "though every replica still shows the ghost of a"
    read = [
        event.key.type
        for event in local.scenario.store.history.snapshot()
        if isinstance(event, ReadEvent)
    ]
    assert set(read) == {"Model", "EndpointConfig"}
