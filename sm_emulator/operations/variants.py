"""Variants as DescribeEndpoint shows them: what they have and what they are to have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from sm_emulator.errors import validation
from sm_emulator.operations.life import EndpointLife

Variant = Mapping[str, Any]

# What RetainAllVariantProperties keeps, by the type that excludes it. DataCaptureConfig is another of
# those types, but belongs to the endpoint.
_RETAINED = {
    "DesiredInstanceCount": ("CurrentInstanceCount", "DesiredInstanceCount"),
    "DesiredWeight": ("CurrentWeight", "DesiredWeight"),
}


def summaries(config: Mapping[str, Any]) -> tuple[Variant, ...]:
    """Summarise the variants of a configuration that has just been deployed."""
    kinds = (config["ProductionVariants"], config.get("ShadowProductionVariants", ()))
    return tuple(_summary(variant) for variants in kinds for variant in variants)


def _summary(variant: Variant) -> Variant:
    weight = variant["InitialVariantWeight"]
    summary = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if "InitialInstanceCount" in variant:
        count = variant["InitialInstanceCount"]
        summary |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
    if "ServerlessConfig" in variant:
        serverless = variant["ServerlessConfig"]
        summary |= {
            "CurrentServerlessConfig": serverless,
            "DesiredServerlessConfig": serverless,
        }
    return summary


def retained(
    new: Iterable[Variant], old: Iterable[Variant], excluded: AbstractSet[str]
) -> tuple[Variant, ...]:
    """Let variants of the same name keep their weights and counts, as far as not `excluded`."""
    kept = [member for kind, members in _RETAINED.items() if kind not in excluded for member in members]
    before = {variant["VariantName"]: variant for variant in old}
    merged = []
    for variant in new:
        known = before.get(variant["VariantName"], {})
        keeps = {member: known[member] for member in kept if member in known and member in variant}
        merged.append({**variant, **keeps})
    return tuple(merged)


def refuse_unknown(desired: Sequence[Variant], life: EndpointLife) -> None:
    """Refuse variants that are named twice, or that the endpoint has not."""
    names = [variant["VariantName"] for variant in desired]
    for name in names:
        if names.count(name) > 1:
            raise validation(f'The variant name "{name}" was non-unique within the request.')
    known = {variant["VariantName"] for variant in life.variants}
    unknown = [f'"{name}"' for name in names if name not in known]
    if unknown:
        # in AWS's style, copied into moto's tests; several are joined as we think
        raise validation(
            f"The variant name(s) {', '.join(unknown)} is/are not present within endpoint "
            f'configuration "{life.config_name}".'
        )


def scaled(
    variants: Iterable[Variant], desired: Iterable[Variant]
) -> tuple[tuple[Variant, ...], tuple[Variant, ...]]:
    """Give the variants while they change (desired is new, current is not), and when they have."""
    wanted = {variant["VariantName"]: variant for variant in desired}
    changing, changed = [], []
    for variant in variants:
        measures = _measures(variant, wanted.get(variant["VariantName"], {}))
        new = {**variant, **{f"Desired{name}": value for name, value in measures.items()}}
        changing.append(new)
        changed.append(new | {f"Current{name}": value for name, value in measures.items()})
    return tuple(changing), tuple(changed)


def _measures(variant: Variant, want: Variant) -> dict[str, Any]:
    measures = {
        measure: want[f"Desired{measure}"]
        for measure in ("Weight", "InstanceCount")
        if f"Desired{measure}" in want
    }
    if "ServerlessUpdateConfig" in want:
        present = variant.get("CurrentServerlessConfig", {})
        measures["ServerlessConfig"] = {**present, **want["ServerlessUpdateConfig"]}
    return measures
