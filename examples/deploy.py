"""The code that the other examples put to the test: it deploys a model, and knows of stale reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"


def prepare(sagemaker: Any, name: str) -> None:
    """Create a model and an endpoint configuration of that name."""
    sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": IMAGE})
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    until_seen(
        lambda: sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant]),
        "Could not find model",
    )


def naive(sagemaker: Any, name: str) -> None:
    """Create the endpoint immediately, as most programs do."""
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def patient(sagemaker: Any, name: str, sleep: Callable[[float], object] = time.sleep) -> None:
    """Create the endpoint, and try again while its configuration is not seen yet."""
    until_seen(lambda: naive(sagemaker, name), "Could not find endpoint configuration", sleep)


def until_seen(
    act: Callable[[], object], unseen: str, sleep: Callable[[float], object] = time.sleep
) -> None:
    """Do something that refers to what was just created, until that is seen; eight times at most."""
    for wait in backoff(8):
        try:
            act()
        except ClientError as error:
            if unseen not in str(error):
                raise
        else:
            return
        sleep(wait)
    act()


def backoff(attempts: int) -> Iterator[float]:
    """Yield waits that double from 50 ms on."""
    return (0.05 * 2**attempt for attempt in range(attempts))
