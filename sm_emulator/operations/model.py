"""Models, which the variants of an endpoint configuration name."""

from sm_emulator.catalog import refusal
from sm_emulator.operations.registry import Context, Members, operation
from sm_emulator.operations.tags import refuse_tags
from sm_emulator.resources import MODEL


@operation
def create_model(c: Context, r: Members) -> Members:
    """Store a model. Image, artefact and role are not verified: there is no ECR, S3 or IAM here."""
    refuse_tags(r)
    if "PrimaryContainer" in r and "Containers" in r:
        raise refusal("model-containers")
    return c.create(MODEL, r)


@operation
def describe_model(c: Context, r: Members) -> Members:
    """Return the members given to CreateModel; absent members stay absent."""
    record = c.describe(MODEL, r["ModelName"])
    return {**record.request, **c.summary(MODEL, record)}


@operation
def delete_model(c: Context, r: Members) -> None:
    """Delete a model, in use or not: AWS has no guard."""
    c.delete(MODEL, r["ModelName"])
