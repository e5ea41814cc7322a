"""CreateModel and DescribeModel."""

import pytest

from tests.support.local_gateway import Local

ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.fixture
def local():
    return Local()


def test_a_model_is_described_as_it_was_created(local):
    request = {"ModelName": "m", "PrimaryContainer": {"Image": "i"}, "ExecutionRoleArn": ROLE}
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model/m"
    assert local.ok("CreateModel", request) == {"ModelArn": arn}
    now = local.scenario.clock()
    assert local.ok("DescribeModel", {"ModelName": "m"}) == {
        **request,
        "ModelArn": arn,
        "CreationTime": now,
    }


def test_a_model_of_a_taken_name_is_refused_and_nothing_is_overwritten(local):
    local.model("m")
    answer = local.call("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "other"}})
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model/m"
    assert answer.message == f'Cannot create already existing model "{arn}".'
    assert local.ok("DescribeModel", {"ModelName": "m"})["PrimaryContainer"] == {"Image": "i"}


def test_one_container_and_several_exclude_each_other(local):
    both = {"ModelName": "m", "PrimaryContainer": {"Image": "i"}, "Containers": [{"Image": "j"}]}
    assert local.call("CreateModel", both).code == "ValidationException"


def test_system_tags_are_refused(local):
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "s"}]
    answer = local.call("CreateModel", {"ModelName": "m", "Tags": tags})
    assert answer.message.endswith("in tag key: aws:cloudformation:stack-name")


def test_tags_are_kept_and_not_described(local):
    local.model("m", Tags=[{"Key": "team", "Value": "churn"}])
    assert "Tags" not in local.ok("DescribeModel", {"ModelName": "m"})
