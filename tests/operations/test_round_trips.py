"""Every member of what is created comes back, in answers that AWS's own client can read."""

from typing import Any

import pytest
from botocore.model import Shape
from hypothesis import given

from sm_emulator.contract import contract
from tests.support.local_gateway import Local
from tests.support.refusal_grammar import MODEL, example
from tests.support.schema_requests import patient, valid

PATIENT = patient(60)


def every_member(shape: Shape) -> Any:
    """Build a value that has every member of the shape, at any depth."""
    match shape.type_name:
        case "structure":
            return {name: every_member(member) for name, member in shape.members.items()}
        case "list":
            return [every_member(shape.member)]
        case "map":
            return {"KEY": every_member(shape.value)}
        case "float":
            return float(example(shape))
        case _:
            return example(shape)


def input_of(operation: str) -> Shape:
    return MODEL.operation_model(operation).input_shape


def without(request: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in names}


def test_every_member_of_a_model_comes_back():
    request = without(every_member(input_of("CreateModel")), "Containers") | {"ModelName": "m"}
    local = Local()
    local.ok("CreateModel", request)
    answer = local.call("DescribeModel", {"ModelName": "m"})
    assert without(answer.body, "ModelArn", "CreationTime") == without(request, "Tags")


def test_models_of_several_containers_come_back_in_their_order():
    local = Local()
    request = {
        "ModelName": "m",
        "Containers": [{"Image": "a"}, {"Image": "b"}],
        "InferenceExecutionConfig": {"Mode": "Serial"},
    }
    local.ok("CreateModel", request)
    assert without(local.ok("DescribeModel", {"ModelName": "m"}), "ModelArn", "CreationTime") == request


def test_every_member_of_a_configuration_comes_back():
    whole = every_member(input_of("CreateEndpointConfig")) | {"EndpointConfigName": "c"}
    (variant,) = whole["ProductionVariants"]
    variant |= {"VariantName": "v", "InstanceType": "ml.m5.large"}
    exclusive = {
        "instances": without(variant, "ServerlessConfig", "ManagedInstanceScaling", "InstancePools"),
        "pools": without(variant, "ServerlessConfig", "ManagedInstanceScaling", "InstanceType"),
        "serverless": {
            name: variant[name]
            for name in ("VariantName", "ModelName", "ServerlessConfig", "RoutingConfig")
        },
        "components": without(variant, "ServerlessConfig", "ModelName", "InstancePools"),
    }
    seen: set[str] = set()
    for name, production in exclusive.items():
        local = Local()
        local.model(production.get("ModelName", "m"))
        request = {
            **whole,
            "ProductionVariants": [production],
            "ShadowProductionVariants": [{**production, "VariantName": "s"}],
        }
        if name == "components":
            request = without(request, "AsyncInferenceConfig")
        if name == "pools":
            request = without(request, "KmsKeyId")
        local.ok("CreateEndpointConfig", request)
        answer = local.call("DescribeEndpointConfig", {"EndpointConfigName": "c"})
        for variants in ("ProductionVariants", "ShadowProductionVariants"):
            for one in request[variants]:
                one.setdefault("InitialVariantWeight", 1.0)
        assert without(answer.body, "EndpointConfigArn", "CreationTime") == without(request, "Tags")
        seen |= set(production)
    assert seen == set(variant), "every member of a variant was in one of them"


def test_absent_members_stay_absent():
    local = Local()
    local.model()
    local.config()
    described = local.ok("DescribeEndpointConfig", {"EndpointConfigName": "c"})
    assert set(described) == {
        "EndpointConfigName",
        "EndpointConfigArn",
        "ProductionVariants",
        "CreationTime",
    }


@PATIENT
@given(request=valid(contract("CreateModel").schema))
def test_whatever_model_is_accepted_is_described_alike(request):
    local = Local()
    request = {name: value for name, value in request.items() if name != "Containers"} | {
        "ModelName": "m"
    }
    created = local.call("CreateModel", request)
    if created.status != 200:
        assert created.code == "ValidationException"
        return
    answer = local.call("DescribeModel", {"ModelName": "m"})
    assert without(answer.body, "ModelArn", "CreationTime") == without(request, "Tags")


@pytest.mark.parametrize("status", ["Creating", "InService"])
def test_endpoints_conform_in_each_status(status):
    local = Local(life={"creating_seconds": 60 if status == "Creating" else 0})
    local.model()
    local.config("c", AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://b/o"}})
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    answer = local.call("DescribeEndpoint", {"EndpointName": "e"})
    assert answer.body["EndpointStatus"] == status
