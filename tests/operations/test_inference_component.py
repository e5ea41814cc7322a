"""Inference components: made, described, changed, listed and deleted, each in its time."""

from hashlib import sha256

import pytest

from tests.support.local_gateway import ACCOUNT, VARIANT, Local

START = 1_767_225_600
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:inference-component/x"
NEEDS = {"MinMemoryRequiredInMb": 1024}
SPECIFICATION = {"ModelName": "m", "ComputeResourceRequirements": NEEDS}


def prepared(life: dict | None = None, preset: object = "strong") -> Local:
    local = Local(preset, life=life)
    local.model()
    variants = [{**VARIANT, "VariantName": name} for name in ("a", "b")]
    for variant in variants:
        del variant["ModelName"]
    local.config("c", ProductionVariants=variants, ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/r")
    local.scenario.store.settle()
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    local.scenario.clock.advance(60)
    local.ok("ListEndpoints")
    local.scenario.store.settle()
    return local


def create(local: Local, name: str = "x", **members: object):
    given = {"InferenceComponentName": name, "EndpointName": "e", "Specification": SPECIFICATION}
    return local.call("CreateInferenceComponent", {**given, **members})


def describe(local: Local, name: str = "x") -> dict:
    return local.ok("DescribeInferenceComponent", {"InferenceComponentName": name})


def test_a_component_is_described_as_it_was_made():
    local = prepared()
    answer = create(local, VariantName="b", RuntimeConfig={"CopyCount": 2})
    assert answer.body == {"InferenceComponentArn": ARN}
    assert describe(local) == {
        "InferenceComponentName": "x",
        "InferenceComponentArn": ARN,
        "EndpointName": "e",
        "EndpointArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/e",
        "VariantName": "b",
        "CreationTime": START + 60,
        "LastModifiedTime": START + 60,
        "InferenceComponentStatus": "InService",
        "Specification": SPECIFICATION,
        "RuntimeConfig": {"DesiredCopyCount": 2, "CurrentCopyCount": 2},
    }


def test_without_a_variant_it_is_put_on_the_first_and_has_one_copy():
    local = prepared()
    create(local)
    response = describe(local)
    assert response["VariantName"] == "a"
    assert response["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}


def test_an_image_shows_as_the_deployed_one():
    local = prepared()
    container = {"Image": "i", "ArtifactUrl": "s3://b/k", "Environment": {"A": "b"}}
    create(local, Specification={"Container": container, "ComputeResourceRequirements": NEEDS})
    assert describe(local)["Specification"]["Container"] == {
        "ArtifactUrl": "s3://b/k",
        "Environment": {"A": "b"},
        "DeployedImage": {
            "SpecifiedImage": "i",
            "ResolvedImage": f"i@sha256:{sha256(b'i').hexdigest()}",
            "ResolutionTime": local.scenario.clock(),
        },
    }


def test_several_specifications_show_as_they_were_given():
    local = prepared()
    several = [{**SPECIFICATION, "InstanceType": kind} for kind in ("ml.g5.xlarge", "ml.g5.2xlarge")]
    members = {"InferenceComponentName": "x", "EndpointName": "e", "Specifications": several}
    local.ok("CreateInferenceComponent", members)
    assert describe(local)["Specifications"] == several


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"EndpointName": "none"}, 'Could not find endpoint "'),
        ({"VariantName": "z"}, 'The variant name(s) "z" is/are not present within endpoint conf'),
        ({"Specification": {"ModelName": "none"}}, 'Could not find model "'),
        (
            {"Specification": {"BaseInferenceComponentName": "none"}},
            'Could not find inference component "',
        ),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "System prefix 'aws:' reserved"),
    ],
)
def test_what_it_refers_to_must_be_there(members, said):
    local = prepared()
    answer = create(local, **members)
    assert (answer.status, answer.code) == (400, "ValidationException")
    assert answer.message.startswith(said)
    assert local.ok("ListInferenceComponents") == {"InferenceComponents": []}


def test_a_name_is_taken_once():
    local = prepared()
    create(local)
    assert create(local).message == f'Cannot create already existing inference component "{ARN}".'


def test_a_component_has_a_life_in_the_time_of_the_settings():
    local = prepared({"creating_seconds": 60, "updating_seconds": 30, "deleting_seconds": 10})
    create(local)
    response = describe(local)
    assert response["InferenceComponentStatus"] == "Creating"
    assert response["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 0}
    local.scenario.clock.advance(60)
    assert describe(local)["InferenceComponentStatus"] == "InService"
    runtime = {"InferenceComponentName": "x", "DesiredRuntimeConfig": {"CopyCount": 4}}
    assert local.ok("UpdateInferenceComponentRuntimeConfig", runtime) == {"InferenceComponentArn": ARN}
    response = describe(local)
    assert response["InferenceComponentStatus"] == "Updating"
    assert response["RuntimeConfig"] == {"DesiredCopyCount": 4, "CurrentCopyCount": 1}
    refused = local.call("UpdateInferenceComponent", {"InferenceComponentName": "x"})
    assert refused.message == f'Cannot update in-progress inference component "{ARN}".'
    local.scenario.clock.advance(30)
    assert describe(local)["RuntimeConfig"] == {"DesiredCopyCount": 4, "CurrentCopyCount": 4}
    local.ok("DeleteInferenceComponent", {"InferenceComponentName": "x"})
    assert describe(local)["InferenceComponentStatus"] == "Deleting"
    again = local.call("DeleteInferenceComponent", {"InferenceComponentName": "x"})
    assert again.message == f'Inference component "{ARN}" is in state DELETE_IN_PROGRESS.'
    local.scenario.clock.advance(10)
    gone = local.call("DescribeInferenceComponent", {"InferenceComponentName": "x"})
    assert gone.message == f'Could not find inference component "{ARN}".'


def test_describes_may_be_counted():
    local = prepared({"rules": [{"describes": 1, "match": {"names": "x"}}]})
    create(local)
    seen = [describe(local)["InferenceComponentStatus"] for _ in range(2)]
    assert seen == ["Creating", "InService"]


def test_an_update_changes_the_requested_members():
    local = prepared()
    create(local)
    other = {**SPECIFICATION, "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 2048}}
    size = {"Type": "COPY_COUNT", "Value": 1}
    policy = {"MaximumBatchSize": size, "WaitIntervalInSeconds": 0}
    deployment = {"RollingUpdatePolicy": policy}
    members = {"Specification": other, "DeploymentConfig": deployment}
    local.ok("UpdateInferenceComponent", {"InferenceComponentName": "x", **members})
    response = describe(local)
    assert (response["Specification"], response["LastDeploymentConfig"]) == (other, deployment)
    members = {"InferenceComponentName": "x", "RuntimeConfig": {"CopyCount": 3}}
    local.ok("UpdateInferenceComponent", members)
    response = describe(local)
    assert (response["Specification"], response["RuntimeConfig"]["CurrentCopyCount"]) == (other, 3)


def test_components_fail_and_their_updates_too():
    local = prepared({"rules": [{"failure": "capacity", "match": {"names": "bad*"}}]})
    create(local, "bad")
    response = describe(local, "bad")
    assert response["InferenceComponentStatus"] == "Failed"
    assert response["FailureReason"].startswith("Unable to provision requested ML compute capacity")
    assert response["RuntimeConfig"]["CurrentCopyCount"] == 0
    rule = {"failure": "internal", "match": {"operations": ["UpdateInferenceComponent"]}}
    local = prepared({"rules": [rule]})
    create(local)
    members = {"InferenceComponentName": "x", "RuntimeConfig": {"CopyCount": 3}}
    local.ok("UpdateInferenceComponent", members)
    response = describe(local)
    assert response["InferenceComponentStatus"] == "InService"
    assert response["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}
    assert response["FailureReason"].startswith("Request to service failed.")


def test_a_list_is_filtered_by_endpoint_variant_and_status():
    local = prepared({"rules": [{"failure": "internal", "match": {"names": "bad"}}]})
    for name, variant in (("x", "a"), ("y", "b"), ("bad", "b")):
        create(local, name, VariantName=variant)
        local.scenario.clock.advance(1)

    def names(**members: object) -> list[str]:
        listed = local.ok("ListInferenceComponents", members)["InferenceComponents"]
        return [component["InferenceComponentName"] for component in listed]

    assert names() == ["bad", "y", "x"]
    assert names(VariantNameEquals="b") == ["bad", "y"]
    assert names(EndpointNameEquals="e") == ["bad", "y", "x"]
    assert names(EndpointNameEquals="f") == []
    assert names(StatusEquals="InService") == ["y", "x"]
    assert names(SortBy="Status", SortOrder="Ascending") == ["bad", "x", "y"]
    assert names(SortBy="Name", SortOrder="Ascending", NameContains="a") == ["bad"]


def test_an_endpoint_with_components_and_a_base_with_adapters_are_not_deleted():
    local = prepared()
    create(local)
    create(local, "adapter", Specification={"BaseInferenceComponentName": "x"})
    assert local.call("DeleteEndpoint", {"EndpointName": "e"}).status == 400
    base = local.call("DeleteInferenceComponent", {"InferenceComponentName": "x"})
    assert "is a base inference component for one or more associated" in base.message
    for name in ("adapter", "x"):
        local.ok("DeleteInferenceComponent", {"InferenceComponentName": name})
    local.ok("DeleteEndpoint", {"EndpointName": "e"})


def test_components_have_tags_and_are_seen_late():
    local = prepared(preset="adversarial")
    create(local, Tags=[{"Key": "a", "Value": "b"}])
    assert local.ok("ListInferenceComponents") == {"InferenceComponents": []}
    missing = local.call("DescribeInferenceComponent", {"InferenceComponentName": "x"})
    assert missing.message == f'Could not find inference component "{ARN}".'
    local.scenario.clock.advance(1)
    assert local.ok("ListTags", {"ResourceArn": ARN}) == {"Tags": [{"Key": "a", "Value": "b"}]}


def test_the_load_of_the_endpoint_is_eventually_consistent():
    rule = {"name": "late", "reads": 1, "match": {"operations": ["CreateInferenceComponent"]}}
    local = Local({"rules": [rule]})
    local.model()
    local.config("c")
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    missed = create(local)
    assert missed.message.startswith('Could not find endpoint "')
    assert "stale=1" in missed.read
    assert create(local).status == 200
