"""Inference components: models that share an endpoint's instances, each with its own lifecycle."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sm_emulator.catalog import refusal
from sm_emulator.operations.registry import Context, Members, OperationSteps, operation
from sm_emulator.operations.state import ComponentState, Record, failure_text
from sm_emulator.operations.tags import refuse_tags
from sm_emulator.operations.variants import deployed_image
from sm_emulator.resources import ENDPOINT, INFERENCE_COMPONENT, MODEL

_SPECIFICATIONS = ("Specification", "Specifications")


@operation
def create_inference_component(c: Context, r: Members) -> Members:
    """Store a component on an endpoint that an eventually consistent load finds.

    Without VariantName it goes to the first variant.
    """
    refuse_tags(r)
    endpoint = c.load(ENDPOINT, r["EndpointName"]).endpoint
    variants = [variant["VariantName"] for variant in endpoint.config["ProductionVariants"]]
    if r.setdefault("VariantName", variants[0]) not in variants:
        names = f'"{r["VariantName"]}"'
        raise refusal("variant-unknown", names=names, config=endpoint.config_name)
    specifications = _specifications(c, r)
    copies = r.get("RuntimeConfig", {}).get("CopyCount", 1)
    state = ComponentState(
        status="InService", specifications=specifications, current=copies, desired=copies
    )
    plan = c.plan(r["InferenceComponentName"])
    if plan.failure:
        why = failure_text(plan.failure, endpoint)
        state = replace(state, status="Failed", current=0, failure=why)
    creating = state.during("Creating", plan.duration, state, current=0, failure=None)
    return c.create(INFERENCE_COMPONENT, r, creating)


@operation
def describe_inference_component(c: Context, r: Members) -> Members:
    """Return the specifications, and how many copies there are."""
    c.count_describe(INFERENCE_COMPONENT, r["InferenceComponentName"])
    record = c.describe(INFERENCE_COMPONENT, r["InferenceComponentName"])
    state = record.component
    described = {
        **c.summary(INFERENCE_COMPONENT, record),
        **state.specifications,
        "RuntimeConfig": {"DesiredCopyCount": state.desired, "CurrentCopyCount": state.current},
    }
    if state.failure:
        described["FailureReason"] = state.failure
    if state.deployment:
        described["LastDeploymentConfig"] = state.deployment
    return described


@operation
def update_inference_component(c: Context, r: Members) -> Members:
    """Change the specifications, the number of copies, or both."""
    record = _require_stable(c, r["InferenceComponentName"])
    state = record.component
    copies = r.get("RuntimeConfig", {}).get("CopyCount", state.desired)
    new = replace(
        state,
        specifications=_specifications(c, r) or state.specifications,
        current=copies,
        desired=copies,
        deployment=r.get("DeploymentConfig", state.deployment),
    )
    return _update(c, r, record, new)


@operation
def update_inference_component_runtime_config(c: Context, r: Members) -> Members:
    """Change the number of copies: the desired one immediately, the current one after the update."""
    record = _require_stable(c, r["InferenceComponentName"])
    copies = r["DesiredRuntimeConfig"]["CopyCount"]
    return _update(c, r, record, replace(record.component, current=copies, desired=copies))


@operation
def delete_inference_component(c: Context, r: Members) -> OperationSteps:
    """Delete a component, unless it is the base of others."""
    name = r["InferenceComponentName"]
    _require_stable(c, name)

    def refuse_base(component: Record) -> None:
        parts = _parts(component.component.specifications)
        if any(part.get("BaseInferenceComponentName") == name for part in parts):
            raise refusal("component-base", arn=c.arn(INFERENCE_COMPONENT, name))

    yield from c.visit(INFERENCE_COMPONENT, refuse_base)
    record = _require_stable(c, name)
    plan = c.plan(name)
    c.begin(INFERENCE_COMPONENT, record, record.component.during("Deleting", plan.duration, None))
    return None


def _update(c: Context, r: Members, record: Record, new: ComponentState) -> Members:
    name, state = r["InferenceComponentName"], record.component
    plan = c.plan(name)
    endpoint = c.load(ENDPOINT, record.request["EndpointName"]).endpoint
    then = replace(new, status="InService", failure=None)
    if plan.failure:
        # the outcome of a failed update is not documented: as with endpoints, the previous state
        then = replace(state, failure=failure_text(plan.failure, endpoint))
    updating = state.during("Updating", plan.duration, then, desired=new.desired, failure=None)
    return c.begin(INFERENCE_COMPONENT, record, updating)


def _require_stable(c: Context, name: str) -> Record:
    if c.head(INFERENCE_COMPONENT, name).component.status == "Deleting":
        raise refusal("component-deleting", arn=c.arn(INFERENCE_COMPONENT, name))
    return c.require_stable(INFERENCE_COMPONENT, name)


def _specifications(c: Context, r: Members) -> dict[str, Any]:
    """Return the specifications; eventually consistent loads must find what they refer to."""
    specifications = {member: _resolved(r[member], c.now) for member in _SPECIFICATIONS if member in r}
    for part in _parts(specifications):
        if "ModelName" in part and c.behaviour.models_required:
            c.load(MODEL, part["ModelName"])
        if "BaseInferenceComponentName" in part:
            c.load(INFERENCE_COMPONENT, part["BaseInferenceComponentName"])
    return specifications


def _parts(specifications: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    one = [specifications["Specification"]] if "Specification" in specifications else []
    return [*one, *specifications.get("Specifications", ())]


def _resolved(part: Any, at: float) -> Any:
    """Return a specification as given, with its image resolved to the one deployed now."""
    if isinstance(part, list):
        return [_resolved(each, at) for each in part]
    if "Image" not in part.get("Container", {}):
        return part
    container = {name: value for name, value in part["Container"].items() if name != "Image"}
    container["DeployedImage"] = deployed_image(part["Container"]["Image"], at)
    return {**part, "Container": container}
