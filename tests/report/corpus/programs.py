"""Steps that the programs of the corpus share."""

from __future__ import annotations

import contextlib
import time

from botocore.exceptions import ClientError

VARIANTS = [
    {
        "VariantName": "a",
        "ModelName": "m",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
]
WAITER = {"Delay": 1, "MaxAttempts": 3}
# Drawn once, by full jitter from 0.2 s doubled each time
DRAWN = (0.13, 0.31, 0.22, 0.94, 1.4, 5.9, 2.7, 8.3)


def back_off(attempt: int) -> None:
    """Wait by back-off with jitter, as AWS recommends it."""
    time.sleep(DRAWN[attempt])


def create_model(sagemaker, name: str = "m") -> None:
    sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": "i"})


def create_config(sagemaker, name: str = "c") -> None:
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=VARIANTS)


def create_endpoint(sagemaker, name: str = "e") -> None:
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="c")


def update_endpoint(sagemaker, name: str = "e", config: str = "d") -> None:
    """Create another configuration and update an endpoint to it."""
    if missing(lambda: sagemaker.describe_endpoint_config(EndpointConfigName=config)):
        create_config(sagemaker, config)
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)


def wait_in_service(sagemaker, name: str = "e", config: str | None = None, looks: int = 30) -> None:
    """Poll until an endpoint is in service, with a configuration if one is given."""
    for _ in range(looks):
        seen = sagemaker.describe_endpoint(EndpointName=name)
        if seen["EndpointStatus"] == "InService" and config in {None, seen["EndpointConfigName"]}:
            return
        time.sleep(2)
    raise TimeoutError(name)


def deploy(sagemaker) -> None:
    create_config(sagemaker)
    create_endpoint(sagemaker)


def repeated(call, *, wait=back_off, attempts: int = 8, retryable: str = "Could not find"):
    """Repeat a call as long as its error contains `retryable`; the last error is raised."""
    for attempt in range(attempts):
        try:
            return call()
        except ClientError as error:
            if retryable not in str(error) or attempt == attempts - 1:
                raise
        wait(attempt)
    return None


def read_tags_without_wait(s3) -> None:
    s3.create_bucket(Bucket="bucket-of-a-reader")
    for _ in range(8):
        with contextlib.suppress(ClientError):
            s3.get_bucket_tagging(Bucket="bucket-of-a-reader")


def missing(call) -> bool:
    """Return whether a call does not find its resource."""
    try:
        call()
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        return True
    return False
