"""Endpoints: their creation, updates and deletion, and their state in between."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sm_emulator.catalog import refusal
from sm_emulator.operations.deployment import (
    deployment_summary,
    describe_variants,
    refuse_incomplete,
    with_stages,
)
from sm_emulator.operations.quotas import refuse_beyond
from sm_emulator.operations.registry import Context, Members, OperationSteps, operation
from sm_emulator.operations.state import EndpointState, Record, failure_text
from sm_emulator.operations.tags import refuse_tags
from sm_emulator.operations.variants import Variant, new_state, refuse_misfits, retain_properties, scale
from sm_emulator.resources import ENDPOINT, ENDPOINT_CONFIG, INFERENCE_COMPONENT

# Members that DescribeEndpoint returns as the configuration has them
_AS_CONFIGURED = ("AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig", "CrossRegionTrafficConfig")


@operation
def create_endpoint(c: Context, r: Members) -> OperationSteps:
    """Store an endpoint on a configuration that an eventually consistent load finds.

    This is the load that AWS documents: right after a successful CreateEndpointConfig it can miss.
    """
    refuse_tags(r)
    name, config_name = r["EndpointName"], r["EndpointConfigName"]
    config = c.load(ENDPOINT_CONFIG, config_name).request
    refuse_incomplete(r)
    plan = c.plan(name)
    new = replace(new_state(c, config_name, config), deployment=r.get("DeploymentConfig"))
    c.refuse_existing(ENDPOINT, name)
    yield from refuse_beyond(c, None, new)
    then = _in_service(c, name, new)
    if plan.failure:
        then = replace(new, status="Failed", variants=(), failure=failure_text(plan.failure, new))
    creating = new.during("Creating", plan.duration, then, variants=(), deploying=new)
    return c.create(ENDPOINT, r, creating)


@operation
def update_endpoint(c: Context, r: Members) -> OperationSteps:
    """Apply another configuration to an endpoint.

    An endpoint whose present configuration has been deleted cannot be updated, and the error names
    that one (hashicorp/terraform-provider-aws#40048).
    """
    record = _changeable(c, r["EndpointName"])
    state = record.endpoint
    old = c.load(ENDPOINT_CONFIG, state.config_name).request
    config = c.load(ENDPOINT_CONFIG, r["EndpointConfigName"]).request
    if _is_serverless(config) and not _is_serverless(old):
        raise refusal("endpoint-serverless")
    refuse_incomplete(r)
    deployment = r.get("DeploymentConfig")
    if deployment is None and r.get("RetainDeploymentConfig"):
        deployment = state.deployment
    new = replace(new_state(c, r["EndpointConfigName"], config), deployment=deployment)
    if r.get("RetainAllVariantProperties"):
        excluded = r.get("ExcludeRetainedVariantProperties", ())
        new = retain_properties(new, state, {p["VariantPropertyType"] for p in excluded})
    yield from refuse_beyond(c, state, new)
    return _update(c, record, new)


@operation
def update_endpoint_weights_and_capacities(c: Context, r: Members) -> OperationSteps:
    """Change weights and counts of variants: desired ones immediately, current ones after the update."""
    record = _changeable(c, r["EndpointName"])
    desired = r["DesiredWeightsAndCapacities"]
    refuse_misfits(desired, record.endpoint)
    scaling, variants = scale(record.endpoint.variants, desired)
    new = replace(record.endpoint, variants=variants, failure=None)
    yield from refuse_beyond(c, record.endpoint, new)
    return _update(c, record, new, scaling)


@operation
def delete_endpoint(c: Context, r: Members) -> OperationSteps:
    """Delete an endpoint that is not in progress."""
    name = r["EndpointName"]
    c.require_stable(ENDPOINT, name)

    def refuse_occupied(component: Record) -> None:
        if ENDPOINT.identity(component.request["EndpointName"]) == ENDPOINT.identity(name):
            raise refusal("endpoint-occupied", arn=c.arn(ENDPOINT, name))

    yield from c.visit(INFERENCE_COMPONENT, refuse_occupied)
    record = c.require_stable(ENDPOINT, name)
    plan = c.plan(name)
    c.begin(ENDPOINT, record, record.endpoint.during("Deleting", plan.duration, None))
    c.traffic.discard(c.key(ENDPOINT, name))
    return None


@operation
def describe_endpoint(c: Context, r: Members) -> Members:
    """Return the current state; while Creating there are six members and no more.

    The six were observed in a recording of 2018 (cloud-custodian), the variants in many since.
    """
    c.count_describe(ENDPOINT, r["EndpointName"])
    record = c.describe(ENDPOINT, r["EndpointName"])
    state = record.endpoint
    described = {**c.summary(ENDPOINT, record), "EndpointConfigName": state.config_name}
    if state.failure:
        described["FailureReason"] = state.failure
    if not state.variants:  # Creating, Failed, or Deleting after that
        return described
    described |= describe_variants(state)
    described |= {member: state.config[member] for member in _AS_CONFIGURED if member in state.config}
    if state.capture:
        described["DataCaptureConfig"] = state.capture
    # that of an update shows during the update, as in a test of ACK's controller
    if deployment := (state.deploying or state).deployment:
        described["LastDeploymentConfig"] = deployment
    if state.deploying:
        described["PendingDeploymentSummary"] = deployment_summary(state)
    return described


def _update(
    c: Context, record: Record, new: EndpointState, scaling: tuple[Variant, ...] | None = None
) -> Members:
    """Begin an update to `new`: a deployment, or else a change that shows the variants `scaling`.

    A failed update is rolled back, within the time it took.
    """
    name, state = record.request["EndpointName"], record.endpoint
    plan = c.plan(name)
    then = _in_service(c, name, new)
    if plan.failure:
        why = failure_text(plan.failure, new)
        failed = replace(state, deployment=new.deployment, failure=why, transition=None)
        end = _in_service(c, name, failed)
        if plan.rollback_fails:
            end = replace(failed, status="UpdateRollbackFailed")
        then = failed.during("RollingBack", plan.duration, end)
    updating = state.during("Updating", plan.duration, then, failure=None)
    if scaling is None:
        updating = replace(updating, deploying=new, started=c.now)
        updating = with_stages(updating, plan, then, c.behaviour.lifecycle)
    else:
        updating = replace(updating, variants=scaling)
    return c.begin(ENDPOINT, record, updating)


def _in_service(c: Context, name: str, state: EndpointState) -> EndpointState:
    """Put an endpoint in service: for good, or until its configured maintenance."""
    state = replace(state, status="InService", transition=None)
    update = c.behaviour.lifecycle.system_update(name)
    if update is None:
        return state
    return state.during("InService", update[0], state.during("SystemUpdating", update[1], state))


def _changeable(c: Context, name: str) -> Record:
    record = c.require_stable(ENDPOINT, name)
    if record.endpoint.status == "Failed":
        raise refusal("endpoint-failed", arn=c.arn(ENDPOINT, name))
    return record


def _is_serverless(config: Mapping[str, Any]) -> bool:
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])
