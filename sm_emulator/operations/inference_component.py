"""Inference components: models that share an endpoint's instances, with a life of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sm_emulator.errors import validation
from sm_emulator.operations.images import deployed_image
from sm_emulator.operations.life import ComponentLife, EndpointLife, Step, reason
from sm_emulator.operations.listing import list_page
from sm_emulator.operations.progress import begin, count_describe, settled
from sm_emulator.operations.registry import Context, Members, Record, operation
from sm_emulator.operations.tags import refuse_tags
from sm_emulator.resources import ENDPOINT, INFERENCE_COMPONENT, MODEL

_MADE_OF = ("Specification", "Specifications")


@operation
def create_inference_component(c: Context, r: Members) -> Members:
    """Store a component on an endpoint that an eventually consistent load finds.

    Without VariantName it is put on the first variant.
    """
    refuse_tags(r)
    endpoint = c.load(ENDPOINT, r["EndpointName"]).life
    assert isinstance(endpoint, EndpointLife)
    variants = [variant["VariantName"] for variant in endpoint.config["ProductionVariants"]]
    if r.setdefault("VariantName", variants[0]) not in variants:
        # AWS's text is not public; this is the one of UpdateEndpointWeightsAndCapacities
        raise validation(
            f'The variant name(s) "{r["VariantName"]}" is/are not present within endpoint '
            f'configuration "{endpoint.config_name}".'
        )
    made_of = _made_of(c, r)
    copies = r.get("RuntimeConfig", {}).get("CopyCount", 1)
    life = ComponentLife(status="InService", made_of=made_of, current=copies, desired=copies)
    plan = c.behaviour.lifecycle.plan(c.operation, r["InferenceComponentName"])
    if plan.failure:
        why = reason(plan.failure, endpoint)
        life = replace(life, status="Failed", current=0, failure=why)
    creating = replace(life, status="Creating", current=0, failure=None, step=Step(plan.duration, life))
    c.create(INFERENCE_COMPONENT, r, life=creating)
    return _arn(c, r)


@operation
def describe_inference_component(c: Context, r: Members) -> Members:
    """Tell what it is made of, and how many copies it has."""
    count_describe(c, INFERENCE_COMPONENT, r["InferenceComponentName"])
    record = c.describe(INFERENCE_COMPONENT, r["InferenceComponentName"])
    life = _life(record)
    shown = {
        **_brief(c, record),
        **life.made_of,
        "RuntimeConfig": {"DesiredCopyCount": life.desired, "CurrentCopyCount": life.current},
    }
    if life.failure:
        shown["FailureReason"] = life.failure
    if life.deployment:
        shown["LastDeploymentConfig"] = life.deployment
    return shown


@operation
def update_inference_component(c: Context, r: Members) -> Members:
    """Change what it is made of, how many copies it has, or both."""
    record, life = _settled(c, r["InferenceComponentName"])
    copies = r.get("RuntimeConfig", {}).get("CopyCount", life.desired)
    new = replace(
        life,
        made_of=_made_of(c, r) or life.made_of,
        current=copies,
        desired=copies,
        deployment=r.get("DeploymentConfig", life.deployment),
    )
    return _update(c, r, record, life, new)


@operation
def update_inference_component_runtime_config(c: Context, r: Members) -> Members:
    """Change how many copies it has: desired at once, current when the update is done."""
    record, life = _settled(c, r["InferenceComponentName"])
    copies = r["DesiredRuntimeConfig"]["CopyCount"]
    return _update(c, r, record, life, replace(life, current=copies, desired=copies))


@operation
def delete_inference_component(c: Context, r: Members) -> None:
    """Delete a component, unless others are based on it."""
    name = r["InferenceComponentName"]
    record, life = _settled(c, name)
    _refuse_base(c, name)
    plan = c.behaviour.lifecycle.plan(c.operation, name)
    deleting = replace(life, status="Deleting", step=Step(plan.duration, None))
    begin(c, INFERENCE_COMPONENT, name, record, deleting)


@operation
def list_inference_components(c: Context, r: Members) -> Members:
    """List components; those that were created last come first, unless told otherwise."""
    return list_page(c, r, INFERENCE_COMPONENT, partial(_brief, c))


def _update(c: Context, r: Members, record: Record, life: ComponentLife, new: ComponentLife) -> Members:
    name = r["InferenceComponentName"]
    plan = c.behaviour.lifecycle.plan(c.operation, name)
    endpoint = c.load(ENDPOINT, record.request["EndpointName"]).life
    assert isinstance(endpoint, EndpointLife)
    then = replace(new, status="InService", failure=None)
    if plan.failure:
        # what a failed update ends in is not documented: as with endpoints, in what it was before
        then = replace(life, failure=reason(plan.failure, endpoint))
    step = Step(plan.duration, then)
    updating = replace(life, status="Updating", desired=new.desired, failure=None, step=step)
    begin(c, INFERENCE_COMPONENT, name, record, updating)
    return _arn(c, r)


def _settled(c: Context, name: str) -> tuple[Record, ComponentLife]:
    """Read a component that is to be changed, of the leader. Raises ServiceError in progress."""
    if _life(c.head(INFERENCE_COMPONENT, name)).status == "Deleting":
        # the word DELETE_IN_PROGRESS is all that is known: inference_component.go of Terraform's
        # provider matches it
        arn = c.arn(INFERENCE_COMPONENT, name)
        raise validation(f'Inference component "{arn}" is in state DELETE_IN_PROGRESS.')
    record = settled(c, INFERENCE_COMPONENT, name)
    return record, _life(record)


def _refuse_base(c: Context, name: str) -> None:
    for value in c.heads(INFERENCE_COMPONENT):
        assert isinstance(value, Record)
        if any(part.get("BaseInferenceComponentName") == name for part in _parts(_life(value).made_of)):
            # the middle is verbatim, from Terraform's provider (inference_component.go)
            raise validation(
                f'"{c.arn(INFERENCE_COMPONENT, name)}" is a base inference component for one or more '
                "associated adapter inference components."
            )


def _made_of(c: Context, r: Members) -> dict[str, Any]:
    """Gather what a component is made of, whose parts eventually consistent loads find."""
    made_of = {member: _resolved(r[member], c.now) for member in _MADE_OF if member in r}
    for part in _parts(made_of):
        if "ModelName" in part and c.behaviour.models_required:
            c.load(MODEL, part["ModelName"])
        if "BaseInferenceComponentName" in part:
            c.load(INFERENCE_COMPONENT, part["BaseInferenceComponentName"])
    return made_of


def _parts(made_of: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    one = made_of.get("Specification")
    return [*([one] if one else ()), *made_of.get("Specifications", ())]


def _resolved(part: Any, at: float) -> Any:
    """Take a specification as it was given, but for its image, which is deployed now."""
    if isinstance(part, list):
        return [_resolved(each, at) for each in part]
    if "Image" not in part.get("Container", {}):
        return part
    container = {name: value for name, value in part["Container"].items() if name != "Image"}
    container["DeployedImage"] = deployed_image(part["Container"]["Image"], at)
    return {**part, "Container": container}


def _brief(c: Context, record: Record) -> Members:
    return {
        **c.summary(INFERENCE_COMPONENT, record),
        "EndpointName": record.request["EndpointName"],
        "EndpointArn": c.arn(ENDPOINT, record.request["EndpointName"]),
        "VariantName": record.request["VariantName"],
        "LastModifiedTime": record.modified,
        "InferenceComponentStatus": _life(record).status,
    }


def _arn(c: Context, request: Mapping[str, Any]) -> Members:
    return {"InferenceComponentArn": c.arn(INFERENCE_COMPONENT, request["InferenceComponentName"])}


def _life(record: Record) -> ComponentLife:
    assert isinstance(record.life, ComponentLife), "a component has the life of one"
    return record.life
