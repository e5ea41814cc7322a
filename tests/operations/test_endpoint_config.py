"""The endpoint configuration family."""

import json
from pathlib import Path

import pytest

from tests.support.local_gateway import VARIANT, Local

ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/c"
FIDELITY = Path(__file__).parent / "local_storage.json"
SERVERLESS = {
    "VariantName": "v",
    "ModelName": "m",
    "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
}
SCALING = {"ManagedInstanceScaling": {"Status": "ENABLED"}}


@pytest.fixture
def local():
    local = Local()
    local.model()
    return local


def create(local: Local, **members: object):
    return local.call(
        "CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [VARIANT], **members}
    )


def test_a_configuration_is_described_as_it_was_created(local):
    request = {
        "KmsKeyId": "alias/k",
        "AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/o"}},
    }
    assert create(local, **request).body == {"EndpointConfigArn": ARN}
    assert local.ok("DescribeEndpointConfig", {"EndpointConfigName": "c"}) == {
        "EndpointConfigName": "c",
        "EndpointConfigArn": ARN,
        "ProductionVariants": [{**VARIANT, "InitialVariantWeight": 1.0}],
        "CreationTime": local.scenario.clock(),
        **request,
    }


def test_weights_default_to_one_in_shadow_variants_too(local):
    create(local, ShadowProductionVariants=[{**VARIANT, "VariantName": "shadow"}])
    described = local.ok("DescribeEndpointConfig", {"EndpointConfigName": "c"})
    assert described["ShadowProductionVariants"][0]["InitialVariantWeight"] == 1.0


def test_a_given_weight_is_kept(local):
    create(local, ProductionVariants=[{**VARIANT, "InitialVariantWeight": 0}])
    described = local.ok("DescribeEndpointConfig", {"EndpointConfigName": "c"})
    assert described["ProductionVariants"][0]["InitialVariantWeight"] == 0.0


def test_creation_times_have_milliseconds(local):
    local.scenario.clock.advance(0.123456)
    local.config()
    assert (
        local.ok("DescribeEndpointConfig", {"EndpointConfigName": "c"})["CreationTime"] == 1767225600.123
    )


def test_what_was_deleted_is_gone(local):
    local.config()
    answer = local.call("DeleteEndpointConfig", {"EndpointConfigName": "c"})
    assert (answer.status, answer.outcome.body) == (200, b"")
    missing = local.call("DescribeEndpointConfig", {"EndpointConfigName": "c"})
    assert missing.message == f'Could not find endpoint configuration "{ARN}".'
    again = local.call("DeleteEndpointConfig", {"EndpointConfigName": "c"})
    assert again.message == missing.message


def test_a_deleted_name_can_be_taken_again(local):
    local.config()
    local.ok("DeleteEndpointConfig", {"EndpointConfigName": "c"})
    local.config()
    assert local.ok("DescribeEndpointConfig", {"EndpointConfigName": "c"})["EndpointConfigName"] == "c"


def test_a_second_create_after_a_stale_miss_gets_already_existing():
    local = Local("read-after-create-miss-2")
    local.model()
    local.config()
    name = {"EndpointConfigName": "c"}
    assert local.call("DescribeEndpointConfig", name).status == 400
    assert create(local).message == f'Cannot create already existing endpoint configuration "{ARN}".'
    assert [local.call("DescribeEndpointConfig", name).status for _ in range(3)] == [400, 200, 200]


def test_a_model_that_is_not_seen_yet_is_not_there():
    local = Local("read-after-create-miss-1")
    local.ok("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})
    missing = 'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/m".'
    assert create(local).message == missing
    assert create(local).status == 200


def test_models_need_not_exist_where_the_setting_says_so():
    assert create(Local(models_required=False)).status == 200


def test_a_variant_for_inference_components_names_no_model():
    variant = {"VariantName": "v", "InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 1, **SCALING}
    assert create(Local(), ProductionVariants=[variant]).status == 200


def test_variants_of_one_name_are_refused_across_shadows_too(local):
    refused = create(local, ShadowProductionVariants=[VARIANT])
    assert (refused.status, refused.code) == (400, "ValidationException")
    assert '"AllTraffic"' in refused.message


@pytest.mark.parametrize("shadows", [["s", "t"], ["s"]], ids=["two shadows", "two variants"])
def test_shadows_want_one_variant_and_one_shadow(local, shadows):
    production = ["a"] if len(shadows) == 2 else ["a", "b"]
    named = [[{**VARIANT, "VariantName": n} for n in names] for names in (production, shadows)]
    refused = create(local, ProductionVariants=named[0], ShadowProductionVariants=named[1])
    assert (refused.status, refused.code) == (400, "ValidationException")


@pytest.mark.parametrize(
    "member",
    [{"InstanceType": "ml.m5.large"}, {"InitialInstanceCount": 1}, {"VolumeSizeInGB": 5}, SCALING],
    ids=lambda member: next(iter(member)),
)
def test_serverless_has_no_use_for_instances(local, member):
    refused = create(local, ProductionVariants=[{**SERVERLESS, **member}])
    assert (refused.status, refused.code) == (400, "ValidationException")
    assert next(iter(member)) in refused.message


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ({"MemorySizeInMB": 1500}, "MemorySizeInMB must be in increments of 1024; it is 1500."),
        (
            {"ProvisionedConcurrency": 3},
            "ProvisionedConcurrency must be less than or equal to MaxConcurrency, which is 1; it is 3.",
        ),
    ],
)
def test_serverless_sizes_that_the_api_excludes_are_refused(local, sizes, said):
    variant = {**SERVERLESS, "ServerlessConfig": {**SERVERLESS["ServerlessConfig"], **sizes}}
    answer = create(local, ProductionVariants=[variant])
    assert (answer.status, answer.code, answer.message) == (400, "ValidationException", said)
    assert local.ok("ListEndpointConfigs")["EndpointConfigs"] == []


def test_serverless_alone_is_accepted(local):
    assert create(local, ProductionVariants=[SERVERLESS]).status == 200


def test_instance_scaling_is_for_inference_components(local):
    refused = create(local, ProductionVariants=[{**VARIANT, **SCALING}])
    assert (
        refused.message == "ManagedInstanceScaling is only supported for inference component endpoints."
    )


STORAGE = json.loads(FIDELITY.read_text())


@pytest.mark.parametrize("instance_type", STORAGE["with"])
def test_a_kms_key_is_refused_with_local_storage(local, instance_type):
    variant = {**VARIANT, "InstanceType": instance_type}
    refused = create(local, KmsKeyId="alias/k", ProductionVariants=[variant])
    assert refused.message == "KMS key is not supported for NVMe instance storage."


def test_a_kms_key_is_accepted_with_all_types_without_local_storage(local):
    for instance_type in STORAGE["without"]:
        variant = {**VARIANT, "InstanceType": instance_type}
        name = instance_type.replace(".", "-")
        assert (
            create(local, EndpointConfigName=name, KmsKeyId="k", ProductionVariants=[variant]).status
            == 200
        )


def test_a_kms_key_is_refused_with_local_storage_in_a_pool(local):
    pool = {
        "VariantName": "v",
        "ModelName": "m",
        "InstancePools": [{"InstanceType": "ml.g5.xlarge", "Priority": 1}],
    }
    refused = create(local, KmsKeyId="alias/k", ProductionVariants=[pool])
    assert refused.message == "KMS key is not supported for NVMe instance storage."


def test_every_instance_type_of_the_model_is_in_one_of_the_lists():
    schemas = Path(__file__).parents[2] / "schemas"
    document = json.loads((schemas / "CreateEndpointConfig.json").read_text())
    types = document["$defs"]["ProductionVariantInstanceType"]["enum"]
    assert sorted(STORAGE["with"] + STORAGE["without"]) == sorted(types)
