"""The phases of an update: launching and, where the settings honour them, shifts of traffic and waits.

Status and messages are those of AWS's page on events of endpoint deployments, which has an example of
a canary that bakes; a test of ACK's controller has one that launches (update_deployment_config.json).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sm_emulator.errors import validation
from sm_emulator.operations.life import ALARM, EndpointLife, Phase, Step
from sm_emulator.scenario.lifecycle import Duration, Lifecycle, Plan

_Stage = tuple[Phase, Duration]
_ALL = Fraction(1)
_AT_ONCE = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
_LAUNCHING = "Launching {count} instance(s)."


def staged(updating: EndpointLife, plan: Plan, then: EndpointLife, lifecycle: Lifecycle) -> EndpointLife:
    """Chain `updating` through its phases to `then`.

    The first takes as long as the plan says; where the settings honour waits, those that the
    DeploymentConfig asks for follow. An update that is to fail does so when its instances are
    launched, or, by an alarm, when it has baked for the first time.
    """
    assert updating.deploying is not None, "there is something to deploy"
    stages = [(Phase("Creating", _LAUNCHING), plan.duration)]
    if lifecycle.deployment_waits:
        stages = list(_stages(updating.deploying, plan.duration, lifecycle.shifting))
    if plan.failure:
        bakes = [i for i, (phase, _) in enumerate(stages) if phase.status == "Baking"]
        stages = stages[: bakes[0] + 1] if plan.failure == ALARM and bakes else stages[:1]
    for phase, duration in reversed(stages):
        then = replace(updating, phase=phase, step=Step(duration, then))
    return then


def refuse_incomplete(deployment: Mapping[str, Any]) -> None:
    """Refuse a policy whose type asks for a size that is not there, and two policies at once."""
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(routing.get("Type", ""))
    # that they belong together is documented, AWS's texts are not public
    if member and member not in routing:
        raise validation(f"{member} must be specified for traffic routing type {routing['Type']}.")
    if {"BlueGreenUpdatePolicy", "RollingUpdatePolicy"} <= deployment.keys():
        raise validation("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be specified.")


def _stages(new: EndpointLife, launch: Duration, shifting: Duration) -> Iterator[_Stage]:
    deployment = new.deployment or {}
    count = sum(variant.get("DesiredInstanceCount", 0) for variant in new.variants)
    if "RollingUpdatePolicy" in deployment:
        yield from _rolling(deployment["RollingUpdatePolicy"], launch, shifting, count)
    else:
        policy = deployment.get("BlueGreenUpdatePolicy", _AT_ONCE)
        yield from _blue_green(policy, launch, shifting, count)


def _blue_green(
    policy: Mapping[str, Any], launch: Duration, shifting: Duration, count: int
) -> Iterator[_Stage]:
    """Launch a new fleet, shift traffic to it step by step, wait, and terminate the old one."""
    routing = policy["TrafficRoutingConfiguration"]
    yield Phase("Creating", _LAUNCHING), launch
    for capacity, share in _shifts(routing, count):
        yield _activating(capacity, share), shifting
        yield _baking(capacity, share, routing["WaitIntervalInSeconds"])
    yield _baking("full", _ALL, policy.get("TerminationWaitInSeconds", 0))
    yield Phase("Deleting", "Terminating {count} instance(s).", enabled=_ALL), shifting


def _shifts(routing: Mapping[str, Any], count: int) -> Iterator[tuple[str, Fraction]]:
    """Give each step of the traffic: what its capacity is called, and which share has traffic then."""
    if routing["Type"] == "CANARY":
        yield "canary", _share(routing["CanarySize"], count)
    if routing["Type"] == "LINEAR":
        step = _share(routing["LinearStepSize"], count)
        for i in range(1, math.ceil(1 / step)):
            yield "linear", step * i
    yield "full", _ALL


def _rolling(
    policy: Mapping[str, Any], launch: Duration, shifting: Duration, count: int
) -> Iterator[_Stage]:
    """Launch a batch, give it traffic, let it bake, terminate as much of the old, and so on."""
    batch = _share(policy["MaximumBatchSize"], count)
    ends = [min(_ALL, batch * i) for i in range(math.ceil(1 / batch) + 1)]
    for before, after in pairwise(ends):
        size = after - before
        status, length = ("Updating", shifting) if before else ("Creating", launch)
        yield Phase(status, _LAUNCHING, size, before, before), length
        capacity = "full" if after == 1 else "batch"
        yield _activating(capacity, after, before), shifting
        yield _baking(capacity, after, policy["WaitIntervalInSeconds"], before)
        yield Phase("Deleting", "Terminating {count} instance(s).", size, after, before), shifting


def _activating(capacity: str, share: Fraction, removed: Fraction = Fraction(0)) -> Phase:
    message = f"Activating traffic on {capacity} capacity of {{count}} instance(s)."
    return Phase("ActivatingTraffic", message, share, share, removed)


def _baking(capacity: str, share: Fraction, wait: int, removed: Fraction = Fraction(0)) -> _Stage:
    message = (
        f"Baking for {wait} seconds (TerminationWaitInSeconds) with traffic enabled on {capacity} "
        "capacity of {count} instance(s)."
    )
    return Phase("Baking", message, share, share, removed), Duration(wait)


def _share(size: Mapping[str, Any], count: int) -> Fraction:
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else max(count, 1)
    return min(_ALL, Fraction(size["Value"], whole))
