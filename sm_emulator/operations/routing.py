"""Routing: the variant that an invocation goes to, or the error if there is none."""

from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from sm_emulator.catalog import refusal
from sm_emulator.operations.registry import Context, Members
from sm_emulator.operations.state import EndpointState, Record
from sm_emulator.operations.variants import containers_of
from sm_emulator.resources import ENDPOINT, INFERENCE_COMPONENT, MODEL
from sm_emulator.store.lag import uniform
from sm_emulator.store.version import Key

# An endpoint in one of these is not found (aws/amazon-sagemaker-examples#1477 of Creating; the others
# are our reading)
_NOT_SERVING = frozenset({"Creating", "Failed", "OutOfService", "Deleting"})


@dataclass(frozen=True, slots=True)
class Target:
    """A variant, as it is in the endpoint's configuration, and the model that it serves.

    `key` is the endpoint's key in the store, `nth` the number of its invocations before this one.
    `model` and `image` are "" if there is none.
    """

    endpoint: str
    key: Key
    nth: int
    state: EndpointState
    variant: Mapping[str, Any]
    model: str
    image: str
    is_multi_model: bool

    @property
    def name(self) -> str:
        """Return the name of the variant."""
        name: str = self.variant["VariantName"]
        return name


def route(c: Context, r: Members) -> Target:
    """Find the variant that an invocation goes to. Raises ServiceError."""
    name = r["EndpointName"]
    record = c.look_up(ENDPOINT, name)
    if record is None or record.endpoint.status in _NOT_SERVING:
        raise refusal("invoke-endpoint", endpoint=name, account=c.account)
    state = record.endpoint
    component = _component(c, r, state)
    key = c.key(ENDPOINT, name)
    nth = c.traffic.count(key)
    variant = _variant(c, r, state, component, key, nth)
    specification = component.component.specifications.get("Specification") if component else None
    target = Target(name, key, nth, state, variant, **_served_model(c, specification or variant))
    if "TargetModel" in r and not target.is_multi_model:
        raise refusal("invoke-target-model", endpoint=name)
    return target


def shadow_targets(c: Context, target: Target) -> list[Target]:
    """Draw the shadow variants that get a copy, by the ratio of their weight to the production one's."""
    shadows = target.state.config.get("ShadowProductionVariants", ())
    weights = _weights(target.state, (*shadows, target.variant))
    return [
        replace(target, variant=shadow, **_served_model(c, shadow))
        for shadow in shadows
        if uniform(c.store.seed, "shadow", *target.key, shadow["VariantName"], target.nth)
        * weights[target.name]
        < weights[shadow["VariantName"]]
    ]


def _component(c: Context, r: Members, state: EndpointState) -> Record | None:
    """Find the requested component."""
    name = r.get("InferenceComponentName")
    takes_components = all("ModelName" not in variant for variant in state.config["ProductionVariants"])
    if name is None and takes_components:
        raise refusal("invoke-component-required")
    if name is None:
        return None
    if not takes_components:
        raise refusal("invoke-component-refused")
    record = c.look_up(INFERENCE_COMPONENT, name)
    on = record.request["EndpointName"] if record else ""
    if record is None or ENDPOINT.identity(on) != ENDPOINT.identity(r["EndpointName"]):
        raise refusal("invoke-component", component=name, account=c.account)
    if not record.component.current:
        raise refusal("invoke-component-capacity")
    return record


def _variant(
    c: Context, r: Members, state: EndpointState, component: Record | None, key: Key, nth: int
) -> Mapping[str, Any]:
    """Choose a variant: the named one, that of the session, or one by the current weights."""
    variants = {variant["VariantName"]: variant for variant in state.config["ProductionVariants"]}
    named = component.request["VariantName"] if component else r.get("TargetVariant")
    if named is None:
        session = c.traffic.session_variant(key, r.get("SessionId", ""), c.now)
        # that a session ends with its variant is our reading
        named = session if session in variants else None
    if named is None:
        named = _by_weight(c, r, _weights(state, variants.values()), key, nth)
    if named not in variants:
        raise refusal("invoke-variant", endpoint=r["EndpointName"], variant=named)
    variant: Mapping[str, Any] = variants[named]
    return variant


def _weights(state: EndpointState, variants: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    current = {variant["VariantName"]: variant["CurrentWeight"] for variant in state.variants}
    return {variant["VariantName"]: current[variant["VariantName"]] for variant in variants}


def _by_weight(c: Context, r: Members, weights: dict[str, float], key: Key, nth: int) -> str:
    weights = {name: weight for name, weight in weights.items() if weight > 0}
    if not weights:
        raise refusal("invoke-weights", endpoint=r["EndpointName"])
    if c.behaviour.runtime.exact:
        return c.traffic.turn(key, weights)
    *bounds, total = accumulate(weights.values())
    return list(weights)[bisect(bounds, uniform(c.store.seed, "invoke", *key, nth) * total)]


def _served_model(c: Context, part: Mapping[str, Any]) -> dict[str, Any]:
    """Return model, image and mode of a variant or component; of a deleted model, only its name."""
    name = part.get("ModelName", "")
    record = c.peek(MODEL, name) if name else None
    model = record.request if record else {}
    containers = [part.get("Container", {}), *containers_of(model)]
    images = (c.get("DeployedImage", {}).get("SpecifiedImage", c.get("Image")) for c in containers)
    return {
        "model": name,
        "image": next(filter(None, images), ""),
        "is_multi_model": any(each.get("Mode") == "MultiModel" for each in containers),
    }
