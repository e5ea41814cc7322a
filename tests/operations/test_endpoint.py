"""CreateEndpoint and DescribeEndpoint in their simplest form."""

from hashlib import sha256

import pytest

from tests.support.local_gateway import VARIANT, Local

ASYNC = {"OutputConfig": {"S3OutputPath": "s3://b/o"}}
ENDPOINT = {"EndpointName": "E", "EndpointConfigName": "c"}


def deployed(local: Local, **members: object) -> dict:
    local.model()
    local.config("c", **members)
    local.ok("CreateEndpoint", ENDPOINT)
    return local.ok("DescribeEndpoint", {"EndpointName": "E"})


def test_by_default_an_endpoint_is_in_service_at_the_first_look():
    assert deployed(Local())["EndpointStatus"] == "InService"


def test_an_endpoint_is_creating_for_as_long_as_the_setting_says():
    local = Local(life={"creating_seconds": 60})
    assert deployed(local)["EndpointStatus"] == "Creating"
    local.scenario.clock.advance(59.9)
    assert local.ok("DescribeEndpoint", {"EndpointName": "E"})["EndpointStatus"] == "Creating"
    local.scenario.clock.advance(0.1)
    assert local.ok("DescribeEndpoint", {"EndpointName": "E"})["EndpointStatus"] == "InService"


def test_an_endpoint_in_service_shows_weights_and_counts():
    variants = [
        {**VARIANT, "VariantName": "a", "InitialVariantWeight": 2, "InitialInstanceCount": 3},
        {**VARIANT, "VariantName": "b"},
    ]
    described = deployed(Local(), ProductionVariants=variants, AsyncInferenceConfig=ASYNC)
    images = {"DeployedImages": described["ProductionVariants"][0]["DeployedImages"]}
    assert described["ProductionVariants"] == [
        {
            "VariantName": "a",
            **images,
            "CurrentWeight": 2.0,
            "DesiredWeight": 2.0,
            "CurrentInstanceCount": 3,
            "DesiredInstanceCount": 3,
        },
        {
            "VariantName": "b",
            **images,
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentInstanceCount": 1,
            "DesiredInstanceCount": 1,
        },
    ]
    assert described["AsyncInferenceConfig"] == ASYNC


def images(local: Local, model: dict) -> list[dict]:
    local.ok("CreateModel", {"ModelName": "m", **model})
    local.config("c")
    local.ok("CreateEndpoint", ENDPOINT)
    (variant,) = local.ok("DescribeEndpoint", {"EndpointName": "E"})["ProductionVariants"]
    return variant.get("DeployedImages", [])


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("churn", "churn"),
        ("churn:1", "churn"),
        ("localhost:5000/a/churn", "localhost:5000/a/churn"),
        ("1.dkr.ecr.us-east-1.amazonaws.com/churn:1", "1.dkr.ecr.us-east-1.amazonaws.com/churn"),
    ],
)
def test_the_images_of_a_variant_are_deployed_by_a_digest_made_up_of_their_name(image, repository):
    local = Local()
    (response,) = images(local, {"PrimaryContainer": {"Image": image}})
    assert response == {
        "SpecifiedImage": image,
        "ResolvedImage": f"{repository}@sha256:{sha256(image.encode()).hexdigest()}",
        "ResolutionTime": local.scenario.clock(),
    }


def test_an_image_given_by_its_digest_is_that_image():
    image = f"churn@sha256:{'0' * 64}"
    (response,) = images(Local(), {"PrimaryContainer": {"Image": image}})
    assert response["ResolvedImage"] == image


def test_each_container_has_an_image_and_a_package_has_none():
    containers = [{"Image": "a"}, {"ModelPackageName": "package"}, {"Image": "b"}]
    assert [i["SpecifiedImage"] for i in images(Local(), {"Containers": containers})] == ["a", "b"]
    assert images(Local(), {"PrimaryContainer": {"ModelPackageName": "package"}}) == []


def test_images_are_those_of_when_the_configuration_was_deployed():
    local = Local()
    before = images(local, {"PrimaryContainer": {"Image": "old"}})
    local.ok("DeleteModel", {"ModelName": "m"})
    local.model("m", PrimaryContainer={"Image": "new"})
    (response,) = local.ok("DescribeEndpoint", {"EndpointName": "E"})["ProductionVariants"]
    assert response["DeployedImages"] == before
    local.scenario.clock.advance(60)
    local.config("d")
    local.ok("UpdateEndpoint", {"EndpointName": "E", "EndpointConfigName": "d"})
    (response,) = local.ok("DescribeEndpoint", {"EndpointName": "E"})["ProductionVariants"]
    (image,) = response["DeployedImages"]
    assert image["SpecifiedImage"] == "new"
    assert image["ResolutionTime"] == before[0]["ResolutionTime"] + 60


def test_what_a_variant_or_a_configuration_says_of_itself_is_reported():
    routing = {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    metrics = {"EnableEnhancedMetrics": True}
    variants = [{**VARIANT, "RoutingConfig": routing}]
    response = deployed(Local(), ProductionVariants=variants, MetricsConfig=metrics)
    assert response["ProductionVariants"][0]["RoutingConfig"] == routing
    assert response["MetricsConfig"] == metrics


def test_a_serverless_variant_shows_its_own_capacity():
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
    variant = {"VariantName": "v", "ModelName": "m", "ServerlessConfig": serverless}
    (summary,) = deployed(Local(), ProductionVariants=[variant])["ProductionVariants"]
    assert summary["CurrentServerlessConfig"] == summary["DesiredServerlessConfig"] == serverless
    assert "CurrentInstanceCount" not in summary


def test_shadow_variants_are_shown_separately():
    shadow = {**VARIANT, "VariantName": "shadow"}
    described = deployed(Local(), ShadowProductionVariants=[shadow])
    assert [variant["VariantName"] for variant in described["ShadowProductionVariants"]] == ["shadow"]


def test_the_configuration_may_go_and_the_endpoint_stays():
    local = Local()
    before = deployed(local)
    local.ok("DeleteEndpointConfig", {"EndpointConfigName": "c"})
    assert local.ok("DescribeEndpoint", {"EndpointName": "E"}) == before


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_an_arn_is_of_the_partition_of_its_region_and_in_lower_case(region, partition):
    local = Local()
    signed = {
        "authorization": f"AWS4-HMAC-SHA256 Credential=123456789012/20260101/{region}/sagemaker/aws4_request"
    }
    local.ok("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}}, **signed)
    config = {"EndpointConfigName": "c", "ProductionVariants": [VARIANT]}
    local.ok("CreateEndpointConfig", config, **signed)
    arn = local.ok("CreateEndpoint", {**ENDPOINT, "EndpointName": "Demo-EP"}, **signed)["EndpointArn"]
    assert arn == f"arn:{partition}:sagemaker:{region}:123456789012:endpoint/demo-ep"
    described = local.ok("DescribeEndpoint", {"EndpointName": "Demo-EP"}, **signed)
    assert (described["EndpointName"], described["EndpointArn"]) == ("Demo-EP", arn)


def test_a_stale_load_refuses_and_the_next_one_finds():
    local = Local("describe-lies")
    local.model()
    local.config("c")
    assert local.call("DescribeEndpointConfig", {"EndpointConfigName": "c"}).status == 200
    refused = local.call("CreateEndpoint", ENDPOINT)
    assert refused.message.startswith('Could not find endpoint configuration "arn:aws:sagemaker:')
    assert local.call("CreateEndpoint", ENDPOINT).status == 200


# -- changed and deleted --------------------------------------------------------------------------


def test_an_update_puts_an_endpoint_on_another_configuration():
    local = Local()
    before = deployed(local)
    local.config("d", ProductionVariants=[{**VARIANT, "VariantName": "new"}])
    local.scenario.clock.advance(7)
    answer = local.ok("UpdateEndpoint", {"EndpointName": "E", "EndpointConfigName": "d"})
    assert answer == {"EndpointArn": before["EndpointArn"]}
    after = local.ok("DescribeEndpoint", {"EndpointName": "E"})
    assert after["EndpointConfigName"] == "d"
    assert [v["VariantName"] for v in after["ProductionVariants"]] == ["new"]
    assert after["CreationTime"] == before["CreationTime"]
    assert after["LastModifiedTime"] == before["LastModifiedTime"] + 7


def test_an_update_loads_the_new_configuration_eventually_consistently():
    local = Local("describe-lies")
    local.model()
    local.config("c")
    local.scenario.store.settle()
    local.ok("CreateEndpoint", ENDPOINT)
    local.config("d")
    answer = local.call("UpdateEndpoint", {"EndpointName": "E", "EndpointConfigName": "d"})
    assert answer.message.startswith("Could not find endpoint configuration")
    assert "stale=1" in answer.read
    local.ok("UpdateEndpoint", {"EndpointName": "E", "EndpointConfigName": "d"})


def test_the_old_configuration_shows_where_a_replica_lags():
    local = Local("adversarial")
    local.model()
    local.config("c")
    local.config("d")
    local.scenario.store.settle()
    local.ok("CreateEndpoint", ENDPOINT)
    local.scenario.store.settle()
    local.ok("UpdateEndpoint", {"EndpointName": "E", "EndpointConfigName": "d"})
    assert local.ok("DescribeEndpoint", {"EndpointName": "E"})["EndpointConfigName"] == "c"
    local.scenario.clock.advance(1)
    assert local.ok("DescribeEndpoint", {"EndpointName": "E"})["EndpointConfigName"] == "d"


def test_a_deleted_endpoint_is_gone_and_its_ghost_may_show():
    local = Local("adversarial")
    local.model()
    local.config("c")
    local.scenario.store.settle()
    local.ok("CreateEndpoint", ENDPOINT)
    local.scenario.store.settle()
    assert local.ok("DeleteEndpoint", {"EndpointName": "E"}) is None
    assert local.ok("DescribeEndpoint", {"EndpointName": "E"})["EndpointName"] == "E"
    again = local.call("DeleteEndpoint", {"EndpointName": "E"})
    assert again.message == (
        'Could not find endpoint "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e".'
    )
    local.scenario.clock.advance(1)
    assert local.call("DescribeEndpoint", {"EndpointName": "E"}).status == 400


def test_names_that_differ_in_case_only_are_one_endpoint_but_two_configurations():
    local = Local()
    deployed(local)
    again = local.call("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    assert again.message.startswith("Cannot create already existing endpoint ")
    local.config("C")
    assert len(local.ok("ListEndpointConfigs")["EndpointConfigs"]) == 2
