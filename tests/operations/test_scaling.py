"""UpdateEndpointWeightsAndCapacities: desired immediately, current in the end."""

import pytest

from tests.support.endpoint_scenario import ARN, START, create, describe, measures, prepared, status


def test_new_weights_and_counts_are_desired_immediately_and_current_in_the_end():
    local = prepared({"updating_seconds": 10})
    create(local)
    desired = [{"VariantName": "a", "DesiredWeight": 0.5, "DesiredInstanceCount": 7}]
    members = {"EndpointName": "e", "DesiredWeightsAndCapacities": desired}
    assert local.ok("UpdateEndpointWeightsAndCapacities", members) == {"EndpointArn": ARN}
    response = describe(local)
    assert response["EndpointStatus"] == "Updating"
    assert "PendingDeploymentSummary" not in response
    scaling, other = response["ProductionVariants"]
    assert (scaling["CurrentWeight"], scaling["DesiredWeight"]) == (2.0, 0.5)
    assert (scaling["CurrentInstanceCount"], scaling["DesiredInstanceCount"]) == (3, 7)
    message = "Scaling out desired instance count to 7."
    assert scaling["VariantStatus"] == [
        {"Status": "Updating", "StatusMessage": message, "StartTime": START}
    ]
    assert "VariantStatus" not in other
    local.scenario.clock.advance(10)
    assert measures(local) == {"a": (0.5, 7), "b": (1.0, 1)}


@pytest.mark.parametrize(
    ("desired", "status"),
    [
        ({"DesiredInstanceCount": 1}, {"StatusMessage": "Scaling in desired instance count to 1."}),
        ({"DesiredWeight": 9}, {}),
    ],
)
def test_a_variant_that_changes_says_that_it_is_updating(desired, status):
    local = prepared({"updating_seconds": 10})
    create(local)
    members = {"EndpointName": "e", "DesiredWeightsAndCapacities": [{"VariantName": "a", **desired}]}
    local.ok("UpdateEndpointWeightsAndCapacities", members)
    (response,) = describe(local)["ProductionVariants"][0]["VariantStatus"]
    assert response == {"Status": "Updating", "StartTime": START, **status}


def test_failed_scaling_is_rolled_back_to_what_was_desired_before():
    names = {"operations": ["UpdateEndpointWeightsAndCapacities"]}
    local = prepared({"rules": [{"failure": "capacity", "seconds": 5, "match": names}]})
    create(local)
    before = describe(local)["ProductionVariants"]
    desired = [{"VariantName": "a", "DesiredInstanceCount": 7}]
    members = {"EndpointName": "e", "DesiredWeightsAndCapacities": desired}
    local.ok("UpdateEndpointWeightsAndCapacities", members)
    for expected in ("RollingBack", "InService"):
        local.scenario.clock.advance(5)
        assert status(local) == expected
        assert describe(local)["ProductionVariants"] == before


def test_serverless_variants_change_the_requested_members():
    local = prepared()
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant = {"VariantName": "s", "ModelName": "m", "ServerlessConfig": serverless}
    local.config("s", ProductionVariants=[variant])
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "s"})
    desired = [{"VariantName": "s", "ServerlessUpdateConfig": {"MaxConcurrency": 9}}]
    members = {"EndpointName": "e", "DesiredWeightsAndCapacities": desired}
    local.ok("UpdateEndpointWeightsAndCapacities", members)
    (response,) = describe(local)["ProductionVariants"]
    assert response["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 9}
    assert response["DesiredServerlessConfig"] == response["CurrentServerlessConfig"]


SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 3}


@pytest.mark.parametrize(
    ("has", "desired", "message"),
    [
        (
            {"ServerlessConfig": SERVERLESS},
            {"DesiredInstanceCount": 2},
            'DesiredInstanceCount cannot be specified for variant "v", which is serverless.',
        ),
        (
            {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1},
            {"ServerlessUpdateConfig": {"MaxConcurrency": 2}},
            'ServerlessUpdateConfig cannot be specified for variant "v", which is instance-based.',
        ),
        (
            {"ServerlessConfig": SERVERLESS},
            {"ServerlessUpdateConfig": {"MaxConcurrency": 2}},
            "ProvisionedConcurrency must be less than or equal to MaxConcurrency, which is 2; it is 3.",
        ),
    ],
)
def test_capacity_that_a_variant_cannot_have_is_refused_and_nothing_changes(has, desired, message):
    local = prepared()
    local.config("v", ProductionVariants=[{"VariantName": "v", "ModelName": "m", **has}])
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "v"})
    before = describe(local)
    members = {"EndpointName": "e", "DesiredWeightsAndCapacities": [{"VariantName": "v", **desired}]}
    answer = local.call("UpdateEndpointWeightsAndCapacities", members)
    assert (answer.code, answer.message) == ("ValidationException", message)
    assert describe(local) == before
