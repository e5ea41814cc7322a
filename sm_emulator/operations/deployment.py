"""The stages of an update, and how DescribeEndpoint shows the variants during it.

The stages are launching and, where the settings honour them, traffic shifts and waits. Status and
messages are those of AWS's page on events of endpoint deployments, which has an example of a canary
that bakes; a test of ACK's controller has one that launches (update_deployment_config.json).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sm_emulator.catalog import refusal
from sm_emulator.operations.registry import Members
from sm_emulator.operations.state import ALARM, DeploymentStage, EndpointState, Transition
from sm_emulator.scenario.lifecycle import Duration, Lifecycle, Plan

_TimedStage = tuple[DeploymentStage, Duration]
_ALL = Fraction(1)
# AWS documents at least 5 % for a step; without a least share, counts of instances make endless stages
_LEAST = Fraction(1, 100)
_IMMEDIATE = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
_LAUNCHING = "Launching {count} instance(s)."
_TERMINATING = "Terminating {count} instance(s)."
_VARIANT_LISTS = ("ProductionVariants", "ShadowProductionVariants")


def with_stages(
    updating: EndpointState, plan: Plan, then: EndpointState, lifecycle: Lifecycle
) -> EndpointState:
    """Return the first of the stages that lead `updating` to `then`.

    The first stage takes as long as the plan says. Where the settings honour waits, those of the
    DeploymentConfig follow. A planned failure occurs when the instances are launched; the failure
    "alarm" occurs when the update has baked for the first time.
    """
    assert updating.deploying is not None, "there is something to deploy"
    stages = [(DeploymentStage("Creating", _LAUNCHING), plan.duration)]
    if lifecycle.deployment_waits:
        stages = list(_stages(updating.deploying, plan.duration, lifecycle.shifting))
    if plan.failure:
        bakes = [i for i, (stage, _) in enumerate(stages) if stage.status == "Baking"]
        stages = stages[: bakes[0] + 1] if plan.failure == ALARM and bakes else stages[:1]
    for stage, duration in reversed(stages):
        then = replace(updating, stage=stage, transition=Transition(duration, then))
    return then


def refuse_incomplete(request: Members) -> None:
    """Refuse a policy without the size that its type requires, and two policies in one request."""
    deployment = request.get("DeploymentConfig", {})
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(routing.get("Type", ""))
    if member and member not in routing:
        raise refusal("deployment-size", member=member, type=routing["Type"])
    if {"BlueGreenUpdatePolicy", "RollingUpdatePolicy"} <= deployment.keys():
        raise refusal("deployment-policies")


def describe_variants(state: EndpointState) -> Members:
    """Return the variants of an endpoint, with the status of what is happening to them."""
    return {
        kind: [_present(variant, state) for variant in _of(state, kind)]
        for kind in _VARIANT_LISTS
        if kind in state.config
    }


def deployment_summary(state: EndpointState) -> Members:
    """Return the PendingDeploymentSummary of an endpoint that is being deployed."""
    new = state.deploying
    assert new is not None, "there is something to deploy"
    summary: Members = {"EndpointConfigName": new.config_name, "StartTime": round(state.started, 3)}
    for kind in _VARIANT_LISTS:
        if kind in new.config:
            types = {v["VariantName"]: v.get("InstanceType") for v in new.config[kind]}
            summary[kind] = [
                _new(variant, types[variant["VariantName"]], state) for variant in _of(new, kind)
            ]
    return summary


def _stages(new: EndpointState, launch: Duration, shifting: Duration) -> Iterator[_TimedStage]:
    deployment = new.deployment or {}
    count = sum(variant.get("DesiredInstanceCount", 0) for variant in new.variants)
    if "RollingUpdatePolicy" in deployment:
        return _rolling(deployment["RollingUpdatePolicy"], launch, shifting, count)
    policy = deployment.get("BlueGreenUpdatePolicy", _IMMEDIATE)
    return _blue_green(policy, launch, shifting, count)


def _blue_green(
    policy: Mapping[str, Any], launch: Duration, shifting: Duration, count: int
) -> Iterator[_TimedStage]:
    """Launch a new fleet, shift traffic to it step by step, wait, and terminate the old one."""
    routing = policy["TrafficRoutingConfiguration"]
    yield DeploymentStage("Creating", _LAUNCHING), launch
    for capacity, share in _shifts(routing, count):
        yield _activating(capacity, share), shifting
        yield _baking(capacity, share, routing["WaitIntervalInSeconds"])
    yield _baking("full", _ALL, policy.get("TerminationWaitInSeconds", 0))
    yield DeploymentStage("Deleting", _TERMINATING, enabled=_ALL), shifting


def _shifts(routing: Mapping[str, Any], count: int) -> Iterator[tuple[str, Fraction]]:
    """Yield each traffic shift: the name of its capacity, and the share that has traffic then."""
    if routing["Type"] == "CANARY":
        yield "canary", _share(routing["CanarySize"], count)
    if routing["Type"] == "LINEAR":
        step = _share(routing["LinearStepSize"], count)
        for i in range(1, math.ceil(1 / step)):
            yield "linear", step * i
    yield "full", _ALL


def _rolling(
    policy: Mapping[str, Any], launch: Duration, shifting: Duration, count: int
) -> Iterator[_TimedStage]:
    """Launch a batch, give it traffic, let it bake, terminate as much of the old, and repeat."""
    batch = _share(policy["MaximumBatchSize"], count)
    ends = [min(_ALL, batch * i) for i in range(math.ceil(1 / batch) + 1)]
    for before, after in pairwise(ends):
        size = after - before
        status, length = ("Updating", shifting) if before else ("Creating", launch)
        yield DeploymentStage(status, _LAUNCHING, size, before, before), length
        capacity = "full" if after == 1 else "batch"
        yield _activating(capacity, after, before), shifting
        yield _baking(capacity, after, policy["WaitIntervalInSeconds"], before)
        yield DeploymentStage("Deleting", _TERMINATING, size, after, before), shifting


def _activating(capacity: str, share: Fraction, removed: Fraction = Fraction(0)) -> DeploymentStage:
    message = f"Activating traffic on {capacity} capacity of {{count}} instance(s)."
    return DeploymentStage("ActivatingTraffic", message, share, share, removed)


def _baking(capacity: str, share: Fraction, wait: int, removed: Fraction = Fraction(0)) -> _TimedStage:
    message = (
        f"Baking for {wait} seconds (TerminationWaitInSeconds) with traffic enabled on {capacity} "
        "capacity of {count} instance(s)."
    )
    return DeploymentStage("Baking", message, share, share, removed), Duration(wait)


def _share(size: Mapping[str, Any], count: int) -> Fraction:
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else max(count, 1)
    return min(_ALL, max(_LEAST, Fraction(size["Value"], whole)))


def _of(state: EndpointState, kind: str) -> list[Mapping[str, Any]]:
    names = {variant["VariantName"] for variant in state.config[kind]}
    return [variant for variant in state.variants if variant["VariantName"] in names]


def _present(variant: Mapping[str, Any], state: EndpointState) -> Members:
    if state.stage is not None:
        return _old(variant, state, state.stage)
    measures = ("InstanceCount", "Weight", "ServerlessConfig")
    if all(variant.get(f"Desired{name}") == variant.get(f"Current{name}") for name in measures):
        return dict(variant)
    message, current = "", variant.get("CurrentInstanceCount", 0)
    if (desired := variant.get("DesiredInstanceCount", 0)) != current:
        # scaling out is in AWS's example of an event; scaling in, and weights alone, are not
        message = f"Scaling {'out' if desired > current else 'in'} desired instance count to {desired}."
    return {**variant, "VariantStatus": _status("Updating", message, state)}


def _old(variant: Mapping[str, Any], state: EndpointState, stage: DeploymentStage) -> Members:
    """Return a variant that is being replaced. That its status shows termination is our reading."""
    old = dict(variant)
    if "CurrentInstanceCount" in variant:
        count = variant["CurrentInstanceCount"]
        old["CurrentInstanceCount"] = count - math.ceil(count * stage.removed)
        if stage.status == "Deleting":
            message = stage.message.format(count=math.ceil(count * stage.about))
            old["VariantStatus"] = _status(stage.status, message, state)
    return old


def _new(variant: Mapping[str, Any], instance_type: str | None, state: EndpointState) -> Members:
    """Return a variant that is being deployed: its weight counts once its instances have traffic."""
    stage = state.stage
    assert stage is not None, "a deployment is in some stage"
    new = {**variant, "CurrentWeight": variant["DesiredWeight"] if stage.enabled else 0.0}
    if instance_type:
        new["InstanceType"] = instance_type
    message = ""
    if "DesiredInstanceCount" in variant:
        count = variant["DesiredInstanceCount"]
        new["CurrentInstanceCount"] = math.ceil(count * stage.enabled)
        message = stage.message.format(count=math.ceil(count * stage.about))
    if stage.status != "Deleting":
        new["VariantStatus"] = _status(stage.status, message, state)
    return new


def _status(status: str, message: str, state: EndpointState) -> list[Members]:
    assert state.transition is not None, "what is in progress ends"
    optional = {"StatusMessage": message} if message else {}
    return [{"Status": status, **optional, "StartTime": round(state.transition.began, 3)}]
