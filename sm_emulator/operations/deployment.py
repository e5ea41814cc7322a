"""The phases of an update: launching, and, where the settings honour them, the waits of its policy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sm_emulator.errors import validation
from sm_emulator.lifecycle import Duration
from sm_emulator.operations.life import EndpointLife, Step


def staged(updating: EndpointLife, launch: Duration, then: EndpointLife, *, waits: bool) -> EndpointLife:
    """Chain `updating` through its phases to `then`.

    The first takes as long as `launch`; with `waits`, those that `then`'s DeploymentConfig asks for
    follow.
    """
    assert updating.deploying is not None, "there is something to deploy"
    count = sum(v.get("DesiredInstanceCount", 0) for v in updating.deploying.variants)
    phases = [("Creating", launch)]
    if waits:
        phases += _waits(updating.deploying.deployment or {}, count)
    for phase, duration in reversed(phases):
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


def _waits(deployment: Mapping[str, Any], count: int) -> Iterator[tuple[str, Duration]]:
    """Give the phases after the launch of `count` instances, as the guardrails' guide has them."""
    if "RollingUpdatePolicy" in deployment:
        policy = deployment["RollingUpdatePolicy"]
        batches = _steps(policy["MaximumBatchSize"], count)
        for _ in range(batches):
            yield "Baking", Duration(policy["WaitIntervalInSeconds"])
    if "BlueGreenUpdatePolicy" in deployment:
        policy = deployment["BlueGreenUpdatePolicy"]
        routing = policy["TrafficRoutingConfiguration"]
        shifts = {"ALL_AT_ONCE": 1, "CANARY": 2}.get(routing["Type"])
        for _ in range(shifts or _steps(routing["LinearStepSize"], count)):
            yield "Baking", Duration(routing["WaitIntervalInSeconds"])
        yield "Deleting", Duration(policy.get("TerminationWaitInSeconds", 0))


def _steps(size: Mapping[str, Any], count: int) -> int:
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else count
    return math.ceil(whole / int(size["Value"]))
