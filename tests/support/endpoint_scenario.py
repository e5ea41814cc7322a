"""A scenario with configurations for an endpoint, and its common operations."""

from __future__ import annotations

from tests.support.local_gateway import VARIANT, Local

START = 1_767_225_600
ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"
IN_PROGRESS = f'Cannot update in-progress endpoint "{ARN}".'


def prepared(life: dict | None = None, preset: object = "strong", **behaviour: object) -> Local:
    """Return a gateway with a model and the configurations c (two variants) and d (one of them, and another)."""
    local = Local(preset, life=life, **behaviour)
    local.model()
    a = {**VARIANT, "VariantName": "a", "InitialVariantWeight": 2, "InitialInstanceCount": 3}
    b = {**VARIANT, "VariantName": "b"}
    local.config("c", ProductionVariants=[a, b])
    local.config("d", ProductionVariants=[{**VARIANT, "VariantName": "a"}, {**b, "VariantName": "new"}])
    local.scenario.store.settle()
    return local


def create(local: Local, name: str = "e") -> None:
    local.ok("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": "c"})


def update(local: Local, **members: object) -> None:
    local.ok("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "d", **members})


def describe(local: Local, name: str = "e") -> dict:
    return local.ok("DescribeEndpoint", {"EndpointName": name})


def status(local: Local, name: str = "e") -> str:
    answer = local.call("DescribeEndpoint", {"EndpointName": name})
    return answer.body["EndpointStatus"] if answer.status == 200 else answer.message


def measures(local: Local) -> dict[str, tuple[float, int]]:
    return {
        v["VariantName"]: (v["CurrentWeight"], v["CurrentInstanceCount"])
        for v in describe(local)["ProductionVariants"]
    }
