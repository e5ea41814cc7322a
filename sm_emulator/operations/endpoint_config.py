"""Endpoint configurations, and the rules of CreateEndpointConfig beyond its schema."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sm_emulator.errors import validation
from sm_emulator.operations.listing import list_page
from sm_emulator.operations.registry import Context, Members, operation
from sm_emulator.operations.tags import refuse_tags
from sm_emulator.operations.variants import containers_of, refuse_sizes
from sm_emulator.resources import ENDPOINT_CONFIG, MODEL

# Instance families with local NVMe storage, from EC2's instance-type documentation; the SageMaker
# pages only link there. Least certain: p6, g7e and trn2; g7 is a guess.
_NVME_FAMILIES = frozenset(
    (
        *("m5d", "c5d", "r5d", "g4dn", "dl1", "g5", "g6", "g6e", "g7e", "g7"),
        *("p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"),
        *("m6gd", "c6gd", "r6gd", "r7gd", "trn1", "trn1n", "trn2"),
    )
)
# Members that a serverless variant cannot have
_INSTANCE_MEMBERS = (
    "InitialInstanceCount",
    "InstanceType",
    "InstancePools",
    "AcceleratorType",
    "ManagedInstanceScaling",
    "VolumeSizeInGB",
)


@operation
def create_endpoint_config(c: Context, r: Members) -> Members:
    """Store a configuration whose models an eventually consistent load finds."""
    refuse_tags(r)
    _refuse_duplicate_variants(r)
    _refuse_shadows_of_many(r)
    _refuse_mixed_serverless(r)
    _refuse_kms_with_local_storage(c, r)
    _refuse_instance_scaling(r)
    _load_models(c, r)
    for variant in _variants(r):
        variant.setdefault("InitialVariantWeight", 1.0)  # "defaults to 1.0", says the API
    c.create(ENDPOINT_CONFIG, r)
    return {"EndpointConfigArn": c.arn(ENDPOINT_CONFIG, r["EndpointConfigName"])}


@operation
def describe_endpoint_config(c: Context, r: Members) -> Members:
    """Return the members given to CreateEndpointConfig; absent members stay absent."""
    record = c.describe(ENDPOINT_CONFIG, r["EndpointConfigName"])
    return {**record.request, **c.summary(ENDPOINT_CONFIG, record)}


@operation
def delete_endpoint_config(c: Context, r: Members) -> None:
    """Delete a configuration, in use or not: AWS has no guard (terraform-provider-aws#48997)."""
    c.delete(ENDPOINT_CONFIG, r["EndpointConfigName"])


@operation
def list_endpoint_configs(c: Context, r: Members) -> Members:
    """List configurations, by default the newest first."""
    return list_page(c, r, ENDPOINT_CONFIG, partial(c.summary, ENDPOINT_CONFIG))


def _variants(r: Members) -> Iterator[Members]:
    yield from r["ProductionVariants"]
    yield from r.get("ShadowProductionVariants", ())


def _refuse_duplicate_variants(r: Members) -> None:
    names = set()
    for variant in _variants(r):
        name = variant["VariantName"]
        if name in names:
            # that it is refused is attested (mlflow/mlflow#6486), the text is a sibling's
            raise validation(f'The variant name "{name}" was non-unique within the request.')
        names.add(name)


def _refuse_shadows_of_many(r: Members) -> None:
    shadows = r.get("ShadowProductionVariants", ())
    if shadows and (len(shadows) > 1 or len(r["ProductionVariants"]) > 1):
        # the rule is documented, AWS's text is not public
        raise validation(
            "Only one ProductionVariant and one ShadowProductionVariant can be specified when "
            "ShadowProductionVariants are used."
        )


def _refuse_mixed_serverless(r: Members) -> None:
    # both rules are documented, AWS's texts are not public
    serverless = [variant for variant in _variants(r) if "ServerlessConfig" in variant]
    if serverless and len(r["ProductionVariants"]) > 1:
        raise validation("ServerlessConfig supports only one ProductionVariant.")
    for variant in serverless:
        refuse_sizes(variant["ServerlessConfig"])
        for member in _INSTANCE_MEMBERS:
            if member in variant:
                raise validation(
                    f"{member} cannot be specified with ServerlessConfig for variant "
                    f'"{variant["VariantName"]}".'
                )


def _refuse_kms_with_local_storage(c: Context, r: Members) -> None:
    if "KmsKeyId" not in r or c.behaviour.kms_with_local_storage:
        return
    for variant in _variants(r):
        pools = (pool["InstanceType"] for pool in variant.get("InstancePools", ()))
        for instance_type in (variant.get("InstanceType", ""), *pools):
            family = instance_type.removeprefix("ml.").partition(".")[0]
            if family in _NVME_FAMILIES:
                # aws/sagemaker-python-sdk#3677; words before it are possible. AWS's documentation
                # says so until 2026-06-10; the setting is kms.local_storage.
                raise validation("KMS key is not supported for NVMe instance storage.")


def _refuse_instance_scaling(r: Members) -> None:
    for variant in _variants(r):
        if "ManagedInstanceScaling" not in variant:
            continue
        if "ModelName" in variant:  # hashicorp/terraform-provider-aws#45926
            raise validation(
                "ManagedInstanceScaling is only supported for inference component endpoints."
            )
        if "AsyncInferenceConfig" in r:  # DIAGNijmegen/rse-grand-challenge#4659
            raise validation(
                "ManagedInstanceScaling is not supported with the given EndpointConfig setup."
            )


def _load_models(c: Context, r: Members) -> None:
    if not c.behaviour.models_required:
        return
    for variant in _variants(r):
        if "ModelName" not in variant:  # the form for inference components
            continue
        model = c.load(MODEL, variant["ModelName"]).request
        if "ServerlessConfig" in variant and any("ModelDataSource" in x for x in containers_of(model)):
            # only the first seven words are known
            raise validation(
                "Model with containers that use ModelDataSource is not supported for serverless "
                "endpoints."
            )
