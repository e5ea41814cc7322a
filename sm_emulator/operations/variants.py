"""Variants as endpoints hold them: their current and desired properties, and their images."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sm_emulator.catalog import refusal
from sm_emulator.operations.registry import Context, Members
from sm_emulator.operations.state import EndpointState
from sm_emulator.resources import MODEL

Variant = Mapping[str, Any]

# What has a current and a desired value, by the member of the configuration that both begin with
_MEASURES = {
    "Weight": "InitialVariantWeight",
    "InstanceCount": "InitialInstanceCount",
    "ServerlessConfig": "ServerlessConfig",
}
_AS_CONFIGURED = ("ManagedInstanceScaling", "RoutingConfig")


def configured_variants(config: Mapping[str, Any]) -> Sequence[Any]:
    """Return the production variants of a configuration, and then the shadow variants."""
    return *config["ProductionVariants"], *config.get("ShadowProductionVariants", ())


def new_state(c: Context, config_name: str, config: Mapping[str, Any]) -> EndpointState:
    """Return the state of an endpoint to which a configuration has just been applied."""
    return EndpointState(
        status="InService",
        config_name=config_name,
        config=config,
        variants=tuple(_summary(c, variant) for variant in configured_variants(config)),
        capture=_capture(config),
    )


def _summary(c: Context, variant: Variant) -> Variant:
    summary: dict[str, Any] = {"VariantName": variant["VariantName"]}
    model = c.peek(MODEL, variant["ModelName"]) if "ModelName" in variant else None
    images = [each["Image"] for each in containers_of(model.request if model else {}) if "Image" in each]
    if images:
        summary["DeployedImages"] = [deployed_image(image, c.now) for image in images]
    for measure, member in _MEASURES.items():
        if member in variant:
            summary |= {f"Current{measure}": variant[member], f"Desired{measure}": variant[member]}
    return summary | {member: variant[member] for member in _AS_CONFIGURED if member in variant}


def _capture(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the DataCaptureConfigSummary, without KmsKeyId if there is no key.

    The model requires it, but a recording of 2021 and the tests of sagemaker-core have none.
    """
    capture = config.get("DataCaptureConfig")
    if capture is None:
        return None
    enabled = capture.get("EnableCapture", True)  # "defaults to enabled", says the API
    shown = {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
    }
    return shown | ({"KmsKeyId": capture["KmsKeyId"]} if "KmsKeyId" in capture else {})


def retain_properties(
    new: EndpointState, old: EndpointState, excluded: AbstractSet[str]
) -> EndpointState:
    """Keep the weights and counts of variants of the same name, unless `excluded`.

    DesiredInstanceCount and DesiredWeight exclude them. The endpoint keeps its data capture too: the API
    lists it, once with the words "Not currently supported", and does not say what happens to it.
    """
    kept = [
        f"{when}{measure}"
        for measure in ("InstanceCount", "Weight")
        if f"Desired{measure}" not in excluded
        for when in ("Current", "Desired")
    ]
    before = {variant["VariantName"]: variant for variant in old.variants}
    merged = []
    for variant in new.variants:
        known = before.get(variant["VariantName"], {})
        keeps = {member: known[member] for member in kept if member in known and member in variant}
        merged.append({**variant, **keeps})
    capture = new.capture if "DataCaptureConfig" in excluded else old.capture
    return replace(new, variants=tuple(merged), capture=capture)


def refuse_sizes(serverless: Mapping[str, Any]) -> None:
    """Refuse inconsistent sizes of a serverless variant."""
    memory, most = serverless["MemorySizeInMB"], serverless["MaxConcurrency"]
    provisioned = serverless.get("ProvisionedConcurrency", 0)
    if memory % 1024:
        raise refusal("serverless-memory", memory=memory)
    if provisioned > most:
        raise refusal("serverless-concurrency", most=most, provisioned=provisioned)


def refuse_duplicates(variants: Iterable[Variant]) -> None:
    """Refuse variants of the same name."""
    names = [variant["VariantName"] for variant in variants]
    for name in names:
        if names.count(name) > 1:
            raise refusal("variant-unique", name=name)


def refuse_misfits(desired: Sequence[Variant], state: EndpointState) -> None:
    """Refuse variants that are named twice, or that the endpoint does not have.

    And an instance count for a serverless variant, the reverse, and inconsistent sizes.
    """
    refuse_duplicates(desired)
    serverless = {v["VariantName"]: v.get("DesiredServerlessConfig") for v in state.variants}
    unknown = [f'"{v["VariantName"]}"' for v in desired if v["VariantName"] not in serverless]
    if unknown:
        raise refusal("variant-unknown", names=", ".join(unknown), config=state.config_name)
    for want in desired:
        present = serverless[want["VariantName"]]
        misfit = "DesiredInstanceCount" if present else "ServerlessUpdateConfig"
        if misfit in want:
            kind = "serverless" if present else "instance-based"
            raise refusal("variant-misfit", member=misfit, name=want["VariantName"], kind=kind)
        if present:
            refuse_sizes({**present, **want.get("ServerlessUpdateConfig", {})})


def scale(
    variants: Iterable[Variant], desired: Iterable[Variant]
) -> tuple[tuple[Variant, ...], tuple[Variant, ...]]:
    """Return the variants during the change (new desired values), and after it (new current ones)."""
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
        present = variant["CurrentServerlessConfig"]
        measures["ServerlessConfig"] = {**present, **want["ServerlessUpdateConfig"]}
    return measures


def containers_of(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the containers of a model."""
    return [model.get("PrimaryContainer", {}), *model.get("Containers", ())]


def deployed_image(image: str, at: float) -> Members:
    """Resolve one image: `registry/repository[:tag]` becomes `registry/repository@digest`.

    The API documents that form. There is no registry here: the digest is the SHA-256 of the image's
    name, so the same image always resolves to the same digest.
    """
    resolved = image
    if "@" not in image:
        registry, slash, repository = image.rpartition("/")  # the registry may have a port
        digest = sha256(image.encode()).hexdigest()
        resolved = f"{registry}{slash}{repository.partition(':')[0]}@sha256:{digest}"
    return {"SpecifiedImage": image, "ResolvedImage": resolved, "ResolutionTime": round(at, 3)}
