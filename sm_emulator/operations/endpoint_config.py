"""Endpoint configurations, and the rules of CreateEndpointConfig beyond its schema."""

from sm_emulator.catalog import refusal, table
from sm_emulator.operations.registry import Context, Members, operation
from sm_emulator.operations.tags import refuse_tags
from sm_emulator.operations.variants import (
    configured_variants,
    containers_of,
    refuse_duplicates,
    refuse_sizes,
)
from sm_emulator.resources import ENDPOINT_CONFIG, MODEL

# Members that a serverless variant cannot have
_INSTANCE_MEMBERS = (
    *("InitialInstanceCount", "InstanceType", "InstancePools", "AcceleratorType"),
    *("ManagedInstanceScaling", "VolumeSizeInGB"),
)


@operation
def create_endpoint_config(c: Context, r: Members) -> Members:
    """Store a configuration whose models an eventually consistent load finds."""
    refuse_tags(r)
    refuse_duplicates(configured_variants(r))
    _refuse_inconsistent(r)
    _refuse_kms_with_local_storage(c, r)
    _refuse_instance_scaling(r)
    _load_models(c, r)
    for variant in configured_variants(r):
        variant.setdefault("InitialVariantWeight", 1.0)  # "defaults to 1.0", says the API
    return c.create(ENDPOINT_CONFIG, r)


@operation
def describe_endpoint_config(c: Context, r: Members) -> Members:
    """Return the members given to CreateEndpointConfig; absent members stay absent."""
    record = c.describe(ENDPOINT_CONFIG, r["EndpointConfigName"])
    return {**record.request, **c.summary(ENDPOINT_CONFIG, record)}


@operation
def delete_endpoint_config(c: Context, r: Members) -> None:
    """Delete a configuration, in use or not: AWS has no guard (terraform-provider-aws#48997)."""
    c.delete(ENDPOINT_CONFIG, r["EndpointConfigName"])


def _refuse_inconsistent(r: Members) -> None:
    production, shadows = r["ProductionVariants"], r.get("ShadowProductionVariants", ())
    serverless = [variant for variant in configured_variants(r) if "ServerlessConfig" in variant]
    if shadows and (len(shadows) > 1 or len(production) > 1):
        raise refusal("shadows")
    if serverless and len(production) > 1:
        raise refusal("serverless-variants")
    for variant in serverless:
        refuse_sizes(variant["ServerlessConfig"])
        for member in _INSTANCE_MEMBERS:
            if member in variant:
                raise refusal("serverless-member", member=member, name=variant["VariantName"])


def _refuse_kms_with_local_storage(c: Context, r: Members) -> None:
    if "KmsKeyId" not in r or c.behaviour.kms_with_local_storage:
        return
    for variant in configured_variants(r):
        pools = (pool["InstanceType"] for pool in variant.get("InstancePools", ()))
        for instance_type in (variant.get("InstanceType", ""), *pools):
            family = instance_type.removeprefix("ml.").partition(".")[0]
            if family in table("refusals")["kms"]["families"]:
                raise refusal("kms")


def _refuse_instance_scaling(r: Members) -> None:
    for variant in configured_variants(r):
        if "ManagedInstanceScaling" in variant and "ModelName" in variant:
            raise refusal("scaling-model")
        if "ManagedInstanceScaling" in variant and "AsyncInferenceConfig" in r:
            raise refusal("scaling-async")


def _load_models(c: Context, r: Members) -> None:
    if not c.behaviour.models_required:
        return
    for variant in configured_variants(r):
        if "ModelName" not in variant:  # the form for inference components
            continue
        model = c.load(MODEL, variant["ModelName"]).request
        if "ServerlessConfig" in variant and any("ModelDataSource" in x for x in containers_of(model)):
            raise refusal("serverless-model")
