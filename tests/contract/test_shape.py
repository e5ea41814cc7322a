"""Types: what is read, what is dropped, and the first wrong one."""

from typing import Any

import pytest

from sm_emulator.contract import contract
from sm_emulator.errors import ServiceError

VARIANT = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large"}


def read(operation: str, request: object) -> Any:
    return contract(operation).read(request)


def config(**members: Any) -> dict[str, Any]:
    return {"EndpointConfigName": "c", "ProductionVariants": [{**VARIANT, **members}]}


def variant_of(request: object) -> dict[str, Any]:
    return read("CreateEndpointConfig", request)["ProductionVariants"][0]


def test_a_null_is_an_absent_member():
    assert read("CreateEndpointConfig", {"EndpointConfigName": "c", "Tags": None}) == {
        "EndpointConfigName": "c"
    }


def test_a_null_in_a_map_is_an_absent_entry():
    container = {"Environment": {"A": "x", "B": None}}
    assert read("CreateModel", {"PrimaryContainer": container}) == {
        "PrimaryContainer": {"Environment": {"A": "x"}}
    }


def test_a_null_in_a_list_stays_for_the_constraints_to_refuse():
    assert read("CreateEndpointConfig", {"ProductionVariants": [None]}) == {"ProductionVariants": [None]}


def test_unknown_members_are_ignored_at_every_depth():
    assert variant_of({**config(Zzz=1), "Yyy": {}}) == VARIANT


@pytest.mark.parametrize(("given", "read_as"), [(1.5, 1), (-1.9, -1), (2, 2), (1.0, 1)])
def test_a_float_for_an_integer_is_cut(given, read_as):
    count = variant_of(config(InitialInstanceCount=given))["InitialInstanceCount"]
    assert count == read_as
    assert type(count) is int


def test_an_integer_for_a_float_is_a_float():
    weight = variant_of(config(InitialVariantWeight=2))["InitialVariantWeight"]
    assert type(weight) is float


def test_booleans_are_read():
    assert read("CreateModel", {"EnableNetworkIsolation": True}) == {"EnableNetworkIsolation": True}


LIST = "Start of list found where not expected"
MAP = "Start of structure or map found where not expected."


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("DescribeModel", {"ModelName": 5}, "NUMBER_VALUE can not be converted to a String"),
        ("DescribeModel", {"ModelName": 5.5}, "NUMBER_VALUE can not be converted to a String"),
        ("DescribeModel", {"ModelName": True}, "TRUE_VALUE can not be converted to a String"),
        ("DescribeModel", {"ModelName": []}, LIST),
        ("DescribeModel", {"ModelName": {}}, MAP),
        ("DescribeModel", [], LIST),
        ("DescribeModel", "x", "Unexpected value type in payload"),
        ("DescribeModel", None, "Unexpected value type in payload"),
        ("CreateModel", {"PrimaryContainer": 1}, "Unexpected value type in payload"),
        ("CreateModel", {"PrimaryContainer": {"Environment": "x"}}, "Expected map or null"),
        ("CreateModel", {"PrimaryContainer": {"Environment": []}}, LIST),
        (
            "CreateModel",
            {"EnableNetworkIsolation": "true"},
            "STRING_VALUE can not be converted to a Boolean",
        ),
        ("CreateModel", {"EnableNetworkIsolation": 1}, "NUMBER_VALUE can not be converted to a Boolean"),
        ("CreateModel", {"Containers": "x"}, "Expected list or null"),
        ("CreateModel", {"Containers": {}}, MAP),
        (
            "CreateEndpointConfig",
            config(InitialInstanceCount="1"),
            "STRING_VALUE can not be converted to an Integer",
        ),
        (
            "CreateEndpointConfig",
            config(InitialInstanceCount=False),
            "FALSE_VALUE can not be converted to an Integer",
        ),
        (
            "CreateEndpointConfig",
            config(InitialInstanceCount=2**31),
            "NUMBER_VALUE can not be converted to an Integer",
        ),
        (
            "CreateEndpointConfig",
            config(InitialInstanceCount=1e30),
            "NUMBER_VALUE can not be converted to an Integer",
        ),
        (
            "CreateEndpointConfig",
            config(InitialVariantWeight="1"),
            "STRING_VALUE can not be converted to a Float",
        ),
        (
            "CreateEndpointConfig",
            config(InitialVariantWeight=True),
            "TRUE_VALUE can not be converted to a Float",
        ),
    ],
)
def test_a_wrong_type_is_a_serialization_exception(operation, request_, message):
    with pytest.raises(ServiceError) as refusal:
        contract(operation).check(request_)
    assert (refusal.value.code, refusal.value.message) == ("SerializationException", message)


def test_only_the_first_wrong_type_is_reported():
    with pytest.raises(ServiceError) as refusal:
        contract("CreateModel").check({"ModelName": 5, "Containers": "x"})
    assert refusal.value.message == "NUMBER_VALUE can not be converted to a String"
