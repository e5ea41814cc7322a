"""AddTags, ListTags, DeleteTags: of all that has an ARN, and seen late like any other write."""

import pytest

from tests.support.local_gateway import ACCOUNT, Local

A = {"Key": "a", "Value": "1"}
B = {"Key": "b", "Value": "2"}


def tagged(preset: object = "strong") -> Local:
    local = Local(preset)
    local.model("m", Tags=[A])
    local.config("c", Tags=[A])
    local.scenario.store.settle()
    local.ok("CreateEndpoint", {"EndpointName": "My-Ep", "EndpointConfigName": "c", "Tags": [A]})
    local.scenario.store.settle()
    return local


def arn(kind: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{kind}"


KINDS = ["model/m", "endpoint-config/c", "endpoint/my-ep"]


@pytest.mark.parametrize("kind", KINDS)
def test_tags_are_added_changed_listed_and_taken_away(kind):
    local, of = tagged(), {"ResourceArn": arn(kind)}
    assert local.ok("ListTags", of) == {"Tags": [A]}
    changed = {"Key": "a", "Value": "3"}
    assert local.ok("AddTags", {**of, "Tags": [B, changed]}) == {"Tags": [changed, B]}
    assert local.ok("ListTags", of) == {"Tags": [changed, B]}
    assert local.ok("DeleteTags", {**of, "TagKeys": ["a", "none"]}) == {}
    assert local.ok("ListTags", of) == {"Tags": [B]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_of_tags_changes_nothing_else(kind):
    local = tagged()
    operation, members = {
        "model/m": ("DescribeModel", {"ModelName": "m"}),
        "endpoint-config/c": ("DescribeEndpointConfig", {"EndpointConfigName": "c"}),
        "endpoint/my-ep": ("DescribeEndpoint", {"EndpointName": "My-Ep"}),
    }[kind]
    before = local.ok(operation, members)
    local.scenario.clock.advance(5)
    local.ok("AddTags", {"ResourceArn": arn(kind), "Tags": [B]})
    assert local.ok(operation, members) == before


@pytest.mark.parametrize(
    "kind", ["model/none", "endpoint/My-Ep", "training-job/m", "endpoint-config/C", "model"]
)
@pytest.mark.parametrize(
    ("operation", "members"),
    [("ListTags", {}), ("AddTags", {"Tags": [A]}), ("DeleteTags", {"TagKeys": ["a"]})],
)
def test_what_an_arn_does_not_name_exactly_does_not_exist(kind, operation, members):
    answer = tagged().call(operation, {"ResourceArn": arn(kind), **members})
    assert (answer.status, answer.code) == (400, "ValidationException")
    assert answer.message == "Resource does not exist."


def test_an_arn_of_another_account_does_not_exist():
    other = arn("model/m").replace(ACCOUNT, "999999999999")
    assert tagged().call("ListTags", {"ResourceArn": other}).message == "Resource does not exist."


def test_keys_of_aws_cannot_be_taken_away():
    answer = tagged().call("DeleteTags", {"ResourceArn": arn("model/m"), "TagKeys": ["a", "aws:x"]})
    assert answer.message == "System prefix 'aws:' reserved for AWS usage in tag key: aws:x"
    assert tagged().ok("ListTags", {"ResourceArn": arn("model/m")}) == {"Tags": [A]}


def test_a_resource_has_no_more_than_fifty_tags():
    local, of = tagged(), {"ResourceArn": arn("model/m")}
    many = [{"Key": f"k{i}", "Value": ""} for i in range(50)]
    refused = local.call("AddTags", {**of, "Tags": many})
    assert refused.message == "A resource cannot have more than 50 tags; it would have 51."
    assert local.ok("ListTags", of) == {"Tags": [A]}
    assert len(local.ok("AddTags", {**of, "Tags": many[:49]})["Tags"]) == 50
    assert len(local.ok("AddTags", {**of, "Tags": [A]})["Tags"]) == 50, "a key that is there already"


@pytest.mark.parametrize("operation", ["AddTags", "CreateModel"])
def test_a_key_that_is_given_twice_is_refused_and_changes_nothing(operation):
    local, of = tagged(), {"ResourceArn": arn("model/m")}
    members = {"AddTags": of, "CreateModel": {"ModelName": "new"}}[operation]
    answer = local.call(operation, {**members, "Tags": [B, {**B, "Value": "9"}]})
    assert answer.message == "Tag keys must be unique; 2 tags have the key b."
    assert local.ok("ListTags", of) == {"Tags": [A]}
    assert len(local.ok("ListModels")["Models"]) == 1


def test_there_is_no_second_page():
    answer = tagged().call("ListTags", {"ResourceArn": arn("model/m"), "NextToken": "x"})
    assert answer.message == 'Invalid pagination token because "{0}".'


def test_old_tags_show_after_a_change_and_new_ones_when_the_replica_has_them():
    local = tagged("adversarial")
    local.ok("AddTags", {"ResourceArn": arn("model/m"), "Tags": [B]})
    assert local.ok("ListTags", {"ResourceArn": arn("model/m")}) == {"Tags": [A]}
    local.scenario.clock.advance(1)
    assert local.ok("ListTags", {"ResourceArn": arn("model/m")}) == {"Tags": [A, B]}


def test_tags_of_what_a_replica_does_not_have_yet_are_those_of_nothing():
    local = Local("adversarial")
    local.ok("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})
    answer = local.call("ListTags", {"ResourceArn": arn("model/m")})
    assert answer.message == "Resource does not exist."
    assert "stale=1" in answer.read
    assert local.ok("AddTags", {"ResourceArn": arn("model/m"), "Tags": [A]}) == {"Tags": [A]}
