"""Violated constraints, in the service's own sentences."""

import json
from pathlib import Path
from typing import Any

import pytest

from sm_emulator.contract import contract, sentences
from sm_emulator.contract.sentences import enum_order
from sm_emulator.errors import ServiceError

VARIANT = {
    "VariantName": "v",
    "ModelName": "m",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
NAME = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
FAILED = "failed to satisfy constraint: "
CASES = Path(__file__).parent.parent / "fidelity" / "cases.jsonl"


def items(operation: str, request: dict[str, Any]) -> set[str]:
    with pytest.raises(ServiceError) as refusal:
        contract(operation).check(request)
    assert refusal.value.code == "ValidationException"
    head, _, tail = str(refusal.value.message).partition(" detected: ")
    found = tail.split("; ")
    assert head == ("1 validation error" if len(found) == 1 else f"{len(found)} validation errors")
    return set(found)


def config(**members: Any) -> dict[str, Any]:
    return {"EndpointConfigName": "c", "ProductionVariants": [VARIANT], **members}


def variant(**members: Any) -> dict[str, Any]:
    return config(ProductionVariants=[{**VARIANT, **members}])


def test_a_missing_member():
    assert items("DescribeModel", {}) == {f"Value null at 'modelName' {FAILED}Member must not be null"}


def test_missing_members_are_each_reported():
    assert items("CreateEndpoint", {}) == {
        f"Value null at 'endpointName' {FAILED}Member must not be null",
        f"Value null at 'endpointConfigName' {FAILED}Member must not be null",
    }


def test_a_null_in_a_list():
    assert items("CreateEndpointConfig", config(ProductionVariants=[VARIANT, None])) == {
        f"Value null at 'productionVariants.2.member' {FAILED}Member must not be null"
    }


def test_a_null_in_a_list_violates_nothing_else():
    topics = {"IncludeInferenceResponseIn": [None]}
    output = {"S3OutputPath": "s3://b/o", "NotificationConfig": topics}
    assert len(items("CreateEndpointConfig", config(AsyncInferenceConfig={"OutputConfig": output}))) == 1


def test_a_missing_member_deep_down():
    request = config(ProductionVariants=[VARIANT, {"ModelName": "m"}])
    assert items("CreateEndpointConfig", request) == {
        f"Value null at 'productionVariants.2.member.variantName' {FAILED}Member must not be null"
    }


def test_a_pattern_is_printed_as_the_model_has_it():
    assert items("DescribeEndpoint", {"EndpointName": "-"}) == {
        f"Value '-' at 'endpointName' {FAILED}Member must satisfy regular expression pattern: {NAME}"
    }


@pytest.mark.parametrize("name", ["abc\n", "a b", "abc-", "é"])
def test_patterns_match_the_whole_value(name):
    assert len(items("DescribeEndpoint", {"EndpointName": name})) == 1


def test_the_empty_name_violates_only_the_pattern():
    assert items("DescribeEndpoint", {"EndpointName": ""}) == {
        f"Value '' at 'endpointName' {FAILED}Member must satisfy regular expression pattern: {NAME}"
    }


def test_a_name_can_be_both_too_long_and_off_the_pattern():
    assert items("DescribeEndpoint", {"EndpointName": "a" * 64}) == {
        f"Value '{'a' * 64}' at 'endpointName' {FAILED}Member must have length less than or equal to 63",
        f"Value '{'a' * 64}' at 'endpointName' {FAILED}Member must satisfy regular expression pattern: {NAME}",
    }


def test_the_length_of_a_list():
    assert items("CreateEndpointConfig", config(ProductionVariants=[])) == {
        f"Value '[]' at 'productionVariants' {FAILED}Member must have length greater than or equal to 1"
    }
    many = [{**VARIANT, "VariantName": f"v{i}"} for i in range(11)]
    (item,) = items("CreateEndpointConfig", config(ProductionVariants=many))
    assert item.startswith("Value '[{VariantName=v0, ModelName=m, ")
    assert item.endswith("Member must have length less than or equal to 10")


def test_the_length_of_a_map():
    environment = {f"K{i}": "v" for i in range(101)}
    (item,) = items("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Environment": environment}})
    assert item.startswith("Value '{K0=v, K1=v, ")
    assert item.endswith(
        f"at 'primaryContainer.environment' {FAILED}Member must have length less than or equal to 100"
    )


@pytest.mark.parametrize(
    ("weight", "printed"),
    [
        (-1, "-1.0"),
        (-0.5, "-0.5"),
        (-1e9, "-1.0E9"),
        (-1.25e-7, "-1.25E-7"),
        (-12345678.5, "-1.23456785E7"),
    ],
)
def test_a_float_below_its_range_is_printed_as_java_does(weight, printed):
    at = "productionVariants.1.member.initialVariantWeight"
    assert items("CreateEndpointConfig", variant(InitialVariantWeight=weight)) == {
        f"Value '{printed}' at '{at}' {FAILED}Member must have value greater than or equal to 0"
    }


def test_an_integer_above_its_range():
    at = "productionVariants.1.member.volumeSizeInGB"
    assert items("CreateEndpointConfig", variant(VolumeSizeInGB=513)) == {
        f"Value '513' at '{at}' {FAILED}Member must have value less than or equal to 512"
    }


def test_an_enum_lists_its_values_in_the_order_of_their_hashes():
    assert items("CreateEndpointConfig", variant(RoutingConfig={"RoutingStrategy": "Zzz"})) == {
        f"Value 'Zzz' at 'productionVariants.1.member.routingConfig.routingStrategy' {FAILED}"
        "Member must satisfy enum value set: [RANDOM, KV_AWARE, PREFIX_AWARE, LEAST_OUTSTANDING_REQUESTS]"
    }


def printed_lists() -> list[list[str]]:
    lists = []
    for case in map(json.loads, CASES.read_text().splitlines()):
        if "verbatim" in case["confidence"] and "enum value set: [" in (case["message"] or ""):
            lists.append(case["message"].split("enum value set: [")[1].rstrip("]").split(", "))
    return lists


def test_real_lists_are_in_the_order_of_their_hashes():
    """Whatever the order of the model was: it only decides among equal hashes."""

    def bucket(value: str) -> int:
        h = 0
        for character in value:
            h = (31 * h + ord(character)) & 0xFFFFFFFF
        return h & 31

    assert len(printed_lists()) == 2
    for printed in printed_lists():
        assert [bucket(value) for value in enum_order(sorted(printed))] == [bucket(v) for v in printed]


def test_equal_hashes_are_in_reverse_order_of_the_model():
    assert enum_order(["Aa", "BB"]) == ["BB", "Aa"]
    assert enum_order(["BB", "Aa"]) == ["Aa", "BB"]


def test_a_key_of_a_map():
    request = {"ModelName": "m", "PrimaryContainer": {"Environment": {"1A": "x"}}}
    assert items("CreateModel", request) == {
        f"Value '{{1A=x}}' at 'primaryContainer.environment' {FAILED}Map keys must satisfy constraint: "
        "[Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, "
        "Member must satisfy regular expression pattern: [a-zA-Z_][a-zA-Z0-9_]*]"
    }


def test_two_wrong_keys_of_a_map_are_one_error():
    request = {"ModelName": "m", "PrimaryContainer": {"Environment": {"1A": "x", "2B": "y"}}}
    assert len(items("CreateModel", request)) == 1


def test_a_value_of_a_map():
    request = {"ModelName": "m", "PrimaryContainer": {"Environment": {"A": "x" * 1025}}}
    (item,) = items("CreateModel", request)
    assert (
        f"at 'primaryContainer.environment' {FAILED}Map value must satisfy constraint: [Member must have"
        in item
    )


def subnets(*names: str | None) -> dict[str, Any]:
    return {"ModelName": "m", "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": list(names)}}


@pytest.mark.parametrize(
    "request_",
    [
        subnets(*["!"] * 2000),
        subnets(*["a"] * 2000),
        {"ModelName": "m", "PrimaryContainer": {"Environment": {f"!{i}": "a" for i in range(2000)}}},
        {"ResourceArn": "a", "TagKeys": ["!"] * 2000},
        {"ModelName": "m", "Containers": [{"Mode": "x"}] * 2000},
    ],
    ids=["elements", "length", "keys", "tag keys", "structures"],
)
def test_each_value_is_quoted_once_for_each_constraint_at_most(monkeypatch, request_):
    """Ten at most are explained: quoting a list once for each of its elements took minutes."""
    rendered = 0
    java = sentences._java

    def counted(value: object) -> str:
        nonlocal rendered
        rendered += 1
        return java(value)

    monkeypatch.setattr(sentences, "_java", counted)
    operation = "DeleteTags" if "TagKeys" in request_ else "CreateModel"
    request_ = json.loads(json.dumps(request_))
    with pytest.raises(ServiceError):
        contract(operation).check(request_)
    assert rendered <= 10 * 2000


def test_a_long_value_is_cut():
    (item,) = items("DescribeModel", {"ModelName": "a" * 1_000_000})
    assert item == (
        f"Value '{'a' * 16_384}' at 'modelName' {FAILED}Member must have length less than or equal to 63"
    )
    assert all(len(item) < 17_000 for item in items("CreateModel", subnets(*["a" * 5000] * 5000)))


def test_only_the_start_of_a_large_value_is_rendered(monkeypatch):
    rendered = []
    java = sentences._java
    monkeypatch.setattr(sentences, "_java", lambda value: rendered.append(value) or java(value))
    environment = {f"K{i}": "v" * 1024 for i in range(1000)}
    items("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Environment": environment}})
    assert len(rendered) < 40


def test_the_elements_of_a_map_are_matched_together(monkeypatch):
    calls = []
    matcher = sentences._matcher
    monkeypatch.setattr(
        sentences, "_matcher", lambda schema: lambda v: calls.append(v) or matcher(schema)(v)
    )
    environment = {f"K{i}": "v" for i in range(1000)}
    items("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Environment": environment}})
    assert len(calls) < 10


def test_nulls_are_quoted_as_java_prints_them():
    item = next(i for i in items("CreateModel", subnets(*["a", None] * 9)) if "length" in i)
    assert item.startswith("Value '[a, null, a, null, ")


def test_an_element_of_a_list_of_texts():
    vpc = {"SecurityGroupIds": ["sg_1"], "Subnets": ["subnet-1"]}
    assert items("CreateModel", {"ModelName": "m", "VpcConfig": vpc}) == {
        f"Value '[sg_1]' at 'vpcConfig.securityGroupIds' {FAILED}Member must satisfy constraint: "
        "[Member must have length less than or equal to 32, Member must have length greater than or equal to 0, "
        "Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]"
    }


def test_a_boolean_inside_a_printed_structure():
    variants = [{**VARIANT, "VariantName": f"v{i}", "EnableSSMAccess": True} for i in range(11)]
    (item,) = items("CreateEndpointConfig", config(ProductionVariants=variants))
    assert "EnableSSMAccess=true" in item


def test_at_most_ten_errors_are_reported():
    variants = [{**VARIANT, "VariantName": "-", "ModelName": "-"} for _ in range(10)]
    assert len(items("CreateEndpointConfig", config(ProductionVariants=variants))) == 10


@pytest.mark.parametrize("key", ["team", "équipe", "チーム", "a b", "x:y/z=+-@_.", "٣"])
def test_tag_keys_may_be_of_any_script(key):
    request = config(Tags=[{"Key": key, "Value": ""}])
    assert contract("CreateEndpointConfig").check(request)["Tags"] == [{"Key": key, "Value": ""}]


@pytest.mark.parametrize("key", ["a#b", "a\tb", "a\nb", "😀"])
def test_tag_keys_may_not_be_of_anything(key):
    assert len(items("CreateEndpointConfig", config(Tags=[{"Key": key, "Value": ""}]))) == 1
