"""Variants as DescribeEndpoint shows them: in service, and during a deployment the old and the new."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sm_emulator.operations.life import EndpointLife, Phase
from sm_emulator.operations.registry import Members

KINDS = ("ProductionVariants", "ShadowProductionVariants")


def shown(life: EndpointLife) -> Members:
    """Show the variants that an endpoint has, with what is happening to them."""
    return {
        kind: [_present(variant, life) for variant in _of(life, kind)]
        for kind in KINDS
        if kind in life.config
    }


def pending(life: EndpointLife) -> Members:
    """Summarise the deployment that an endpoint is in."""
    new = life.deploying
    assert new is not None, "there is something to deploy"
    summary: Members = {"EndpointConfigName": new.config_name, "StartTime": round(life.started, 3)}
    for kind in KINDS:
        if kind in new.config:
            types = {v["VariantName"]: v.get("InstanceType") for v in new.config[kind]}
            summary[kind] = [
                _new(variant, types[variant["VariantName"]], life) for variant in _of(new, kind)
            ]
    return summary


def _of(life: EndpointLife, kind: str) -> list[Mapping[str, Any]]:
    names = {variant["VariantName"] for variant in life.config[kind]}
    return [variant for variant in life.variants if variant["VariantName"] in names]


def _present(variant: Mapping[str, Any], life: EndpointLife) -> Members:
    if life.phase is not None:
        return _old(variant, life, life.phase)
    changing = [
        measure
        for measure in ("InstanceCount", "Weight", "ServerlessConfig")
        if variant.get(f"Desired{measure}") != variant.get(f"Current{measure}")
    ]
    if not changing:
        return dict(variant)
    message = ""
    if "InstanceCount" in changing:
        # scaling out is in AWS's example of an event; scaling in, and weights alone, are not
        desired = variant["DesiredInstanceCount"]
        way = "out" if desired > variant.get("CurrentInstanceCount", 0) else "in"
        message = f"Scaling {way} desired instance count to {desired}."
    return {**variant, "VariantStatus": _status("Updating", message, life)}


def _old(variant: Mapping[str, Any], life: EndpointLife, phase: Phase) -> Members:
    """Show a variant that is being replaced. That it tells when it is terminated is our reading."""
    old = dict(variant)
    if "CurrentInstanceCount" in variant:
        count = variant["CurrentInstanceCount"]
        old["CurrentInstanceCount"] = count - _part(count, phase.removed)
        if phase.status == "Deleting":
            message = phase.message.format(count=_part(count, phase.about))
            old["VariantStatus"] = _status(phase.status, message, life)
    return old


def _new(variant: Mapping[str, Any], instance_type: str | None, life: EndpointLife) -> Members:
    """Show a variant that is to be: its instances count, and its weight is there, with traffic."""
    phase = life.phase
    assert phase is not None, "a deployment is in some phase"
    new = {**variant, "CurrentWeight": variant["DesiredWeight"] if phase.enabled else 0.0}
    if instance_type:
        new["InstanceType"] = instance_type
    message = ""
    if "DesiredInstanceCount" in variant:
        count = variant["DesiredInstanceCount"]
        new["CurrentInstanceCount"] = _part(count, phase.enabled)
        message = phase.message.format(count=_part(count, phase.about))
    if phase.status != "Deleting":
        new["VariantStatus"] = _status(phase.status, message, life)
    return new


def _status(status: str, message: str, life: EndpointLife) -> list[Members]:
    assert life.step is not None, "what is in progress has a step"
    told = {"StatusMessage": message} if message else {}
    return [{"Status": status, **told, "StartTime": round(life.step.began, 3)}]


def _part(count: int, share: Fraction) -> int:
    return math.ceil(count * share)
