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
from sm_emulator.operations.tags import refuse_system_tags
from sm_emulator.operations.variants import refuse_unknown, retained, scaled, summaries
from sm_emulator.resources import ENDPOINT, ENDPOINT_CONFIG, INFERENCE_COMPONENT


@operation
def create_endpoint(c: Context, r: Members) -> Members:
    """Store an endpoint on a configuration that an eventually consistent load finds.

    This is the load that AWS documents: right after a successful CreateEndpointConfig it can miss.
    """
    refuse_system_tags(r)
    name, config_name = r["EndpointName"], r["EndpointConfigName"]
    config = c.load(ENDPOINT_CONFIG, config_name).request
    plan = c.behaviour.lifecycle.plan(c.operation, name)
    life = EndpointLife(
        status="InService",
        config_name=config_name,
        config=config,
        variants=summaries(config),
    )
    c.refuse_existing(ENDPOINT, name)
    refuse_beyond(c, None, life)
    if plan.failure:
        life = replace(life, status="Failed", variants=(), failure=reason(plan.failure, config))
    creating = replace(
        life, status="Creating", step=Step(plan.duration, life), failure=None, variants=()
    )
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
    variants = summaries(config)
    if r.get("RetainAllVariantProperties"):
        excluded = r.get("ExcludeRetainedVariantProperties", ())
        variants = retained(variants, life.variants, {p["VariantPropertyType"] for p in excluded})
    deployment = r.get("DeploymentConfig")
    refuse_incomplete(deployment or {})
    if deployment is None and r.get("RetainDeploymentConfig"):
        deployment = life.deployment
    new = EndpointLife(
        status="InService",
        config_name=r["EndpointConfigName"],
        config=config,
        variants=variants,
        deployment=deployment,
    )
    refuse_beyond(c, life, new)
    return _update(c, record, life, new)


@operation
def update_endpoint_weights_and_capacities(c: Context, r: Members) -> Members:
    """Give variants other weights and counts: desired at once, current when the update is done."""
    record, life = _changeable(c, r["EndpointName"])
    desired = r["DesiredWeightsAndCapacities"]
    refuse_unknown(desired, life)
    before, variants = scaled(life.variants, desired)
    new = replace(life, variants=variants, failure=None)
    refuse_beyond(c, life, new)
    return _update(c, record, replace(life, variants=before), new, deploys=False)


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
    shown = {**_brief(c, record), "EndpointConfigName": life.config_name}
    if life.failure:
        shown["FailureReason"] = life.failure
    if life.status in {"Creating", "Failed"}:
        return shown
    shown["ProductionVariants"] = _of(life, "ProductionVariants")
    if "ShadowProductionVariants" in life.config:
        shown["ShadowProductionVariants"] = _of(life, "ShadowProductionVariants")
    for member in ("AsyncInferenceConfig", "ExplainerConfig"):
        if member in life.config:
            shown[member] = life.config[member]
    if life.deployment:
        shown["LastDeploymentConfig"] = life.deployment
    if life.deploying and life.step:
        shown["PendingDeploymentSummary"] = _pending(life.deploying, life.phase, life.step.began)
    return shown


@operation
def list_endpoints(c: Context, r: Members) -> Members:
    """List endpoints; those that were created last come first, unless told otherwise."""
    return list_page(c, r, ENDPOINT, partial(_brief, c))


def _update(
    c: Context, record: Record, life: EndpointLife, new: EndpointLife, *, deploys: bool = True
) -> Members:
    """Begin an update to `new`; where it fails, it is rolled back, as long as it had taken."""
    name = record.request["EndpointName"]
    plan = c.behaviour.lifecycle.plan(c.operation, name)
    then = new
    if plan.failure:
        failed = replace(life, failure=reason(plan.failure, new.config))
        if plan.rollback_fails:
            then = replace(failed, status="UpdateRollbackFailed")
        else:
            then = replace(failed, status="RollingBack", step=Step(plan.duration, failed))
    updating = replace(life, status="Updating", failure=None)
    if deploys:
        waits = c.behaviour.lifecycle.deployment_waits
        updating = staged(replace(updating, deploying=new), plan.duration, then, waits=waits)
    else:
        updating = replace(updating, step=Step(plan.duration, then))
    begin(c, ENDPOINT, name, record, updating)
    return {"EndpointArn": c.arn(ENDPOINT, name)}


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


def _of(life: EndpointLife, kind: str) -> list[Mapping[str, Any]]:
    names = {variant["VariantName"] for variant in life.config[kind]}
    return [variant for variant in life.variants if variant["VariantName"] in names]


def _pending(new: EndpointLife, phase: str, began: float) -> Members:
    """Summarise a deployment, as seen in a test of ACK's controller (update_deployment_config.json)."""
    status = {"Status": phase, "StartTime": round(began, 3)}
    summary: Members = {"EndpointConfigName": new.config_name, "StartTime": round(began, 3)}
    for kind in ("ProductionVariants", "ShadowProductionVariants"):
        if kind in new.config:
            types = {v["VariantName"]: v.get("InstanceType") for v in new.config[kind]}
            summary[kind] = [
                _pending_variant(variant, types[variant["VariantName"]], status)
                for variant in _of(new, kind)
            ]
    return summary


def _pending_variant(
    variant: Mapping[str, Any], instance_type: str | None, status: Mapping[str, Any]
) -> Members:
    shown = {**variant, "VariantStatus": [status]}
    if instance_type:
        shown["InstanceType"] = instance_type
    if status["Status"] == "Creating" and "DesiredInstanceCount" in variant:
        launching = f"Launching {variant['DesiredInstanceCount']} instance(s)."
        shown["VariantStatus"] = [{**status, "StatusMessage": launching}]
    return shown


def _is_serverless(config: Mapping[str, Any]) -> bool:
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])
