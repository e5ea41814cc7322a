"""Whole histories of an endpoint and a component: in every state it can be described."""

from collections.abc import Callable
from random import Random
from typing import Any

from sm_emulator.catalog import document
from tests.support.local_gateway import Local

SIZE = {"Type": "CAPACITY_PERCENT", "Value": 33}
ROUTES = (
    {"Type": "ALL_AT_ONCE"},
    {"Type": "CANARY", "CanarySize": SIZE},
    {"Type": "LINEAR", "LinearStepSize": SIZE},
)
DEPLOYMENTS = (
    {},
    {
        "DeploymentConfig": {
            "RollingUpdatePolicy": {"MaximumBatchSize": SIZE, "WaitIntervalInSeconds": 5}
        }
    },
    *(
        {
            "DeploymentConfig": {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {**route, "WaitIntervalInSeconds": 5}
                }
            }
        }
        for route in ROUTES
    ),
)
COUNTED = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 3}
POOLS = {"InstancePools": [{"InstanceType": "ml.m5.large", "Priority": 1}]}
SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
HAS = (
    {"ModelName": "m", **COUNTED},
    COUNTED,
    {"ModelName": "m", **POOLS},
    {"ModelName": "m", **SERVERLESS},
)
DESIRED = (
    {"DesiredWeight": 0},
    {"DesiredInstanceCount": 1},
    {"DesiredInstanceCount": 5},
    {"ServerlessUpdateConfig": {"MaxConcurrency": 2}},
)
ENDPOINT, COMPONENT = {"EndpointName": "e"}, {"InferenceComponentName": "k"}
SPECIFICATION = {"Specification": {"ModelName": "m"}, "RuntimeConfig": {"CopyCount": 2}}

Pick = Callable[[Any], Any]


def variant(pick: Pick) -> dict[str, Any]:
    return {"VariantName": pick("ab"), **pick(HAS)}


def drawn(pick: Pick) -> tuple[str, dict[str, Any]]:
    """Draw a request; few names, so that many collide."""
    config = {"EndpointConfigName": pick("cd")}
    variants = {"ProductionVariants": [variant(pick) for _ in range(pick((1, 1, 2)))]}
    shadows = pick(({}, {"ShadowProductionVariants": [variant(pick)]}))
    retained = pick(({}, {"RetainAllVariantProperties": True}))
    desired = {"DesiredWeightsAndCapacities": [{"VariantName": pick("ab"), **pick(DESIRED)}]}
    requests = (
        ("CreateEndpointConfig", {**config, **variants, **shadows}),
        ("DeleteEndpointConfig", config),
        ("CreateEndpoint", {**ENDPOINT, **config, **pick(DEPLOYMENTS)}),
        ("UpdateEndpoint", {**ENDPOINT, **config, **pick(DEPLOYMENTS), **retained}),
        ("UpdateEndpointWeightsAndCapacities", {**ENDPOINT, **desired}),
        ("DeleteEndpoint", ENDPOINT),
        ("CreateInferenceComponent", {**COMPONENT, **ENDPOINT, **SPECIFICATION}),
        ("UpdateInferenceComponent", {**COMPONENT, **SPECIFICATION}),
        ("DeleteInferenceComponent", COMPONENT),
    )
    return pick(requests)


def life(pick: Pick) -> dict[str, Any]:
    """Draw how long things take, and of which operations some fail."""
    failing = ("CreateEndpoint", "UpdateEndpoint", "UpdateInferenceComponent")
    rule = {"match": {"operations": [pick(failing)]}, "failure": "ping", "seconds": pick((0, 10))}
    return {
        **{f"{what}_seconds": pick((0, 10)) for what in ("creating", "updating", "deleting")},
        "deployment_waits": pick((True, False)),
        "rules": pick(((), (rule,), ({**rule, "rollback_fails": True},))),
        "system_updates": pick(((), ({"after_seconds": 30, "seconds": 5},))),
    }


def statuses(seed: int) -> set[str]:
    """Live through a history; gives the statuses of the endpoint. Each answer is held to its schema."""
    pick = Random(seed).choice
    local = Local(life=life(pick))
    local.model()
    seen = set()
    for _ in range(150):
        local.scenario.clock.advance(pick((0, 1, 10)))
        local.call(*drawn(pick))
        response = local.call("DescribeEndpoint", ENDPOINT)
        seen.add(response.body.get("EndpointStatus"))
        local.call("DescribeInferenceComponent", COMPONENT)
    assert local.gateway.bugs == [], f"seed {seed}"
    return seen


def test_whatever_has_happened_an_endpoint_is_described_as_the_model_has_it():
    seen = set().union(*map(statuses, range(40)))
    known = document("DescribeEndpoint")["$defs"]["EndpointStatus"]["enum"]
    assert seen == {None, *known} - {"OutOfService"}
