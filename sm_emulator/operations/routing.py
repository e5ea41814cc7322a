"""Where an invocation goes: to which variant of which endpoint, or why to none."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from sm_emulator.errors import ServiceError
from sm_emulator.operations.life import ComponentLife, EndpointLife
from sm_emulator.operations.registry import Context, Members, Record
from sm_emulator.resources import ENDPOINT, INFERENCE_COMPONENT, MODEL
from sm_emulator.store import Key
from sm_emulator.store.chance import uniform

# An endpoint in one of these is not found (aws/amazon-sagemaker-examples#1477 of Creating; the others
# are our reading)
_NOT_SERVING = frozenset({"Creating", "Failed", "OutOfService", "Deleting"})


@dataclass(frozen=True, slots=True)
class Target:
    """A variant, as it is in the endpoint's configuration, and the model that answers for it.

    `key` is the endpoint in the store, `nth` how many invocations it had before, since the scenario's
    start. `model` and `image` are "" where there is none.
    """

    endpoint: str
    key: Key
    nth: int
    life: EndpointLife
    variant: Mapping[str, Any]
    model: str
    image: str
    is_multi_model: bool

    @property
    def name(self) -> str:
        """The name of the variant."""
        name: str = self.variant["VariantName"]
        return name


def refused(message: str, **more: Any) -> ServiceError:
    """Build the runtime's one code for a client's mistake."""
    return ServiceError("ValidationError", message, **more)


def route(c: Context, r: Members) -> Target:
    """Find the variant that an invocation meets. Raises ServiceError."""
    name = r["EndpointName"]
    record = c.look_up(ENDPOINT, name)
    life = record.life if record else None
    if not isinstance(life, EndpointLife) or life.status in _NOT_SERVING:
        # verbatim, with the key of its body (case rt-not-found-body)
        raise refused(f"Endpoint {name} of account {c.account} not found.", ErrorCode="NO_SUCH_ENDPOINT")
    component = _component(c, r, life)
    key = c.key(ENDPOINT, name)
    nth = c.traffic.count(("invocations", key))
    variant = _variant(c, r, life, component, key, nth)
    target = Target(name, key, nth, life, variant, **_made_of(c, _specification(component) or variant))
    _refuse_target_model(r, target)
    return target


def copied(c: Context, target: Target) -> list[Target]:
    """Draw the shadow variants that get a copy: a share that is their weight by the production one's."""
    shadows = target.life.config.get("ShadowProductionVariants", ())
    weights = _weights(target.life, (*shadows, target.variant))
    return [
        replace(target, variant=shadow, **_made_of(c, shadow))
        for shadow in shadows
        if uniform(c.store.seed, "shadow", *target.key, shadow["VariantName"], target.nth)
        * weights[target.name]
        < weights[shadow["VariantName"]]
    ]


def _component(c: Context, r: Members, life: EndpointLife) -> Record | None:
    """Find the component that is asked for. The three texts are verbatim (cases rt-ic-*)."""
    name = r.get("InferenceComponentName")
    takes_components = all("ModelName" not in variant for variant in life.config["ProductionVariants"])
    if name is None and takes_components:
        raise refused(
            "Inference Component Name header is required for endpoints to which you plan to deploy "
            "inference components"
        )
    if name is None:
        return None
    if not takes_components:
        raise refused(
            "Inference Component Name header is not allowed for endpoints to which you dont plan to "
            "deploy inference components. Please remove the Inference Component Name header and try "
            "again."
        )
    record = c.look_up(INFERENCE_COMPONENT, name)
    on = record.request["EndpointName"] if record else ""
    if record is None or ENDPOINT.identity(on) != ENDPOINT.identity(r["EndpointName"]):
        # AWS's text is not public
        raise refused(f"Inference Component {name} of account {c.account} not found.")
    assert isinstance(record.life, ComponentLife)
    if not record.life.current:
        raise refused(
            "Inference Component has no capacity to process this request. ApplicationAutoScaling may be "
            "in-progress (if configured) or try to increase the capacity by invoking "
            "UpdateInferenceComponentRuntimeConfig API."
        )
    return record


def _variant(
    c: Context, r: Members, life: EndpointLife, component: Record | None, key: Key, nth: int
) -> Mapping[str, Any]:
    """Choose a variant: one that is named, that of the session, or one by the current weights."""
    variants = {variant["VariantName"]: variant for variant in life.config["ProductionVariants"]}
    named = component.request["VariantName"] if component else r.get("TargetVariant")
    if named is None:
        named = c.traffic.sessions.get((key, r.get("SessionId")))
    if named is None:
        named = _by_weight(c, r, _weights(life, variants.values()), key, nth)
    if named not in variants:
        # AWS's text is not public
        raise refused(f"Endpoint {r['EndpointName']} has no production variant {named}.")
    variant: Mapping[str, Any] = variants[named]
    return variant


def _weights(life: EndpointLife, variants: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    current = {variant["VariantName"]: variant["CurrentWeight"] for variant in life.variants}
    return {variant["VariantName"]: current[variant["VariantName"]] for variant in variants}


def _by_weight(c: Context, r: Members, weights: dict[str, float], key: Key, nth: int) -> str:
    weights = {name: weight for name, weight in weights.items() if weight > 0}
    if not weights:
        # what AWS does then is not documented
        raise refused(f"Endpoint {r['EndpointName']} has no production variant with a weight above 0.")
    if c.behaviour.runtime.exact:
        return c.traffic.turn(key, weights)
    *bounds, total = accumulate(weights.values())
    return list(weights)[bisect(bounds, uniform(c.store.seed, "invoke", *key, nth) * total)]


def _specification(component: Record | None) -> Mapping[str, Any]:
    if component is None:
        return {}
    assert isinstance(component.life, ComponentLife)
    specification: Mapping[str, Any] = component.life.made_of.get("Specification", {})
    return specification


def _made_of(c: Context, part: Mapping[str, Any]) -> dict[str, Any]:
    """Give model, image and mode of a variant or component; a model that is gone has but its name."""
    name = part.get("ModelName", "")
    record = c.peek(MODEL, name) if name else None
    model = record.request if record else {}
    containers = [
        part.get("Container", {}),
        model.get("PrimaryContainer", {}),
        *model.get("Containers", ()),
    ]
    images = [
        each.get("DeployedImage", {}).get("SpecifiedImage", each.get("Image")) for each in containers
    ]
    return {
        "model": name,
        "image": next(filter(None, images), ""),
        "is_multi_model": any(each.get("Mode") == "MultiModel" for each in containers),
    }


def _refuse_target_model(r: Members, target: Target) -> None:
    if "TargetModel" in r and not target.is_multi_model:
        # verbatim (aws/amazon-sagemaker-examples#1216)
        raise refused(
            f"Endpoint {r['EndpointName']} is not a multi-model endpoint and does not support target "
            "model header.",
            ErrorCode="TARGET_MODEL_HEADER_NOT_SUPPORTED",
        )
