"""Endpoints: what they are told to become, and what they are seen to be meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sm_emulator.errors import ServiceError, validation
from sm_emulator.operations.deployment import refuse_incomplete, staged
from sm_emulator.operations.life import EndpointLife, Step, reason
from sm_emulator.operations.listing import list_page
from sm_emulator.operations.progress import begin, count_describe, settled
from sm_emulator.operations.quotas import refuse_beyond
from sm_emulator.operations.registry import Context, Members, Record, operation
from sm_emulator.operations.showing import pending, shown
from sm_emulator.operations.tags import refuse_tags
from sm_emulator.operations.variants import (
    Variant,
    deployed,
    refuse_misfits,
    refuse_unknown,
    retained,
    scaled,
)
from sm_emulator.resources import ENDPOINT, ENDPOINT_CONFIG, INFERENCE_COMPONENT
from sm_emulator.scenario.lifecycle import Plan

# What DescribeEndpoint shows as the configuration has it
_AS_CONFIGURED = ("AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig", "CrossRegionTrafficConfig")


@operation
def create_endpoint(c: Context, r: Members) -> Members:
    """Store an endpoint on a configuration that an eventually consistent load finds.

    This is the load that AWS documents: right after a successful CreateEndpointConfig it can miss.
    """
    refuse_tags(r)
    name, config_name = r["EndpointName"], r["EndpointConfigName"]
    config = c.load(ENDPOINT_CONFIG, config_name).request
    deployment = r.get("DeploymentConfig")
    refuse_incomplete(deployment or {})
    plan = c.behaviour.lifecycle.plan(c.operation, name)
    new = replace(deployed(c, config_name, config), deployment=deployment)
    c.refuse_existing(ENDPOINT, name)
    refuse_beyond(c, None, new)
    then = _in_service(c, name, new)
    if plan.failure:
        then = replace(new, status="Failed", variants=(), failure=reason(plan.failure, new))
    step = Step(plan.duration, then)
    creating = replace(new, status="Creating", step=step, variants=(), deploying=new)
    c.create(ENDPOINT, r, life=creating)
    return {"EndpointArn": c.arn(ENDPOINT, name)}


@operation
def update_endpoint(c: Context, r: Members) -> Members:
    """Put an endpoint on another configuration.

    An endpoint whose present configuration is gone cannot be updated, and the refusal names that
    one (hashicorp/terraform-provider-aws#40048).
    """
    record, life = _changeable(c, r["EndpointName"])
    old = c.load(ENDPOINT_CONFIG, life.config_name).request
    config = c.load(ENDPOINT_CONFIG, r["EndpointConfigName"]).request
    if _is_serverless(config) and not _is_serverless(old):
        # that it is refused is documented, AWS's text is not public
        raise validation("An instance-based endpoint cannot be updated to be serverless.")
    deployment = r.get("DeploymentConfig")
    refuse_incomplete(deployment or {})
    if deployment is None and r.get("RetainDeploymentConfig"):
        deployment = life.deployment
    new = replace(deployed(c, r["EndpointConfigName"], config), deployment=deployment)
    if r.get("RetainAllVariantProperties"):
        excluded = r.get("ExcludeRetainedVariantProperties", ())
        new = retained(new, life, {p["VariantPropertyType"] for p in excluded})
    refuse_beyond(c, life, new)
    return _update(c, record, life, new)


@operation
def update_endpoint_weights_and_capacities(c: Context, r: Members) -> Members:
    """Give variants other weights and counts: desired at once, current when the update is done."""
    record, life = _changeable(c, r["EndpointName"])
    desired = r["DesiredWeightsAndCapacities"]
    refuse_unknown(desired, life)
    refuse_misfits(desired, life)
    scaling, variants = scaled(life.variants, desired)
    new = replace(life, variants=variants, failure=None)
    refuse_beyond(c, life, new)
    return _update(c, record, life, new, scaling=scaling)


@operation
def delete_endpoint(c: Context, r: Members) -> None:
    """Delete an endpoint; while it is in progress that is refused."""
    name = r["EndpointName"]
    record = settled(c, ENDPOINT, name)
    _refuse_occupied(c, name)
    plan = c.behaviour.lifecycle.plan(c.operation, name)
    deleting = replace(_life(record), status="Deleting", step=Step(plan.duration, None))
    begin(c, ENDPOINT, name, record, deleting)


@operation
def describe_endpoint(c: Context, r: Members) -> Members:
    """Tell the status as of now; while Creating there are six members and no more.

    The six were seen in a recording of 2018 (cloud-custodian), the variants in many since.
    """
    count_describe(c, ENDPOINT, r["EndpointName"])
    record = c.describe(ENDPOINT, r["EndpointName"])
    life = _life(record)
    told = {**_brief(c, record), "EndpointConfigName": life.config_name}
    if life.failure:
        told["FailureReason"] = life.failure
    if not life.variants:  # Creating, Failed, or Deleting after that
        return told
    told |= shown(life)
    told |= {member: life.config[member] for member in _AS_CONFIGURED if member in life.config}
    if life.capture:
        told["DataCaptureConfig"] = life.capture
    # that of an update shows while it goes on, as in a test of ACK's controller
    deployment = (life.deploying or life).deployment
    if deployment:
        told["LastDeploymentConfig"] = deployment
    if life.deploying:
        told["PendingDeploymentSummary"] = pending(life)
    return told


@operation
def list_endpoints(c: Context, r: Members) -> Members:
    """List endpoints; those that were created last come first, unless told otherwise."""
    return list_page(c, r, ENDPOINT, partial(_brief, c))


def _update(
    c: Context,
    record: Record,
    life: EndpointLife,
    new: EndpointLife,
    *,
    scaling: tuple[Variant, ...] | None = None,
) -> Members:
    """Begin an update to `new`, which deploys a configuration, or has the variants `scaling` meanwhile.

    Where it fails, it is rolled back, as long as it had taken.
    """
    name = record.request["EndpointName"]
    plan = c.behaviour.lifecycle.plan(c.operation, name)
    then = _in_service(c, name, new)
    if plan.failure:
        then = _rolled_back(c, name, replace(life, deployment=new.deployment), new, plan)
    updating = replace(life, status="Updating", failure=None)
    if scaling is None:
        updating = replace(updating, deploying=new, started=c.now)
        updating = staged(updating, plan, then, c.behaviour.lifecycle)
    else:
        updating = replace(updating, variants=scaling, step=Step(plan.duration, then))
    begin(c, ENDPOINT, name, record, updating)
    return {"EndpointArn": c.arn(ENDPOINT, name)}


def _rolled_back(
    c: Context, name: str, life: EndpointLife, new: EndpointLife, plan: Plan
) -> EndpointLife:
    assert plan.failure is not None, "there is a reason to roll back"
    failed = replace(life, failure=reason(plan.failure, new), step=None)
    end = _in_service(c, name, failed)
    if plan.rollback_fails:
        end = replace(failed, status="UpdateRollbackFailed")
    return replace(failed, status="RollingBack", step=Step(plan.duration, end))


def _in_service(c: Context, name: str, life: EndpointLife) -> EndpointLife:
    """Let an endpoint be in service: for good, or until the maintenance that is set for it."""
    life = replace(life, status="InService", step=None)
    update = c.behaviour.lifecycle.system_update(name)
    if update is None:
        return life
    maintained = replace(life, status="SystemUpdating", step=Step(update.duration, life))
    return replace(life, step=Step(update.after, maintained))


def _changeable(c: Context, name: str) -> tuple[Record, EndpointLife]:
    record = settled(c, ENDPOINT, name)
    life = _life(record)
    if life.status == "Failed":
        raise _failed(c.arn(ENDPOINT, name))
    return record, life


def _refuse_occupied(c: Context, name: str) -> None:
    for value in c.heads(INFERENCE_COMPONENT):
        assert isinstance(value, Record)
        if ENDPOINT.identity(value.request["EndpointName"]) == ENDPOINT.identity(name):
            # that it is refused is reported (aws/amazon-sagemaker-feedback#49), AWS's text is not public
            raise validation(
                f'Cannot delete endpoint "{c.arn(ENDPOINT, name)}" while it has inference components.'
            )


def _failed(arn: str) -> ServiceError:
    # "DeleteEndpoint is the only operation that can be performed on a failed endpoint", says the API;
    # AWS's text is not public
    return validation(f'Cannot update failed endpoint "{arn}".')


def _brief(c: Context, record: Record) -> Members:
    return {
        **c.summary(ENDPOINT, record),
        "LastModifiedTime": record.modified,
        "EndpointStatus": _life(record).status,
    }


def _life(record: Record) -> EndpointLife:
    assert isinstance(record.life, EndpointLife), "an endpoint has the life of one"
    return record.life


def _is_serverless(config: Mapping[str, Any]) -> bool:
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])
