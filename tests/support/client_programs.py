"""Small programs, each with one bug, and the same without it: boto3 as anyone would use it."""

from __future__ import annotations

import contextlib
import time

from botocore.exceptions import ClientError, WaiterError

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


def create_config(sagemaker, name: str = "c") -> None:
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=VARIANTS)


def create_endpoint(sagemaker, name: str = "e") -> None:
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="c")


def repeated(call, *, wait=back_off, attempts: int = 8) -> None:
    """Repeat a call as long as it does not find something."""
    for attempt in range(attempts):
        try:
            return call()
        except ClientError as error:
            if "Could not find" not in str(error):
                raise
        wait(attempt)
    return None


# -- a stale miss that is never retried ------------------------------------------------------------


def naive(sagemaker) -> None:
    create_config(sagemaker)
    create_endpoint(sagemaker)


def patient(sagemaker) -> None:
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker))


# -- waits -----------------------------------------------------------------------------------------


def hasty(sagemaker) -> None:
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda _: None)


def steady(sagemaker) -> None:
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda _: time.sleep(0.5))


def doubling(sagemaker) -> None:
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda attempt: time.sleep(0.5 * 2**attempt))


def stubborn(sagemaker) -> None:
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda n: time.sleep(DRAWN[n % 3]), attempts=50)


# -- waiters ---------------------------------------------------------------------------------------


def trusting_waiter(sagemaker) -> None:
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker))
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=WAITER)


def trusting_end(sagemaker) -> None:
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker))
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="e", WaiterConfig=WAITER)


def wary_waiter(sagemaker) -> None:
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker))
    repeated(lambda: sagemaker.describe_endpoint(EndpointName="e"))
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=WAITER)


def waiter_again(sagemaker) -> None:
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker))
    for attempt in range(8):
        try:
            return sagemaker.get_waiter("endpoint_in_service").wait(
                EndpointName="e", WaiterConfig=WAITER
            )
        except WaiterError:
            back_off(attempt)
    return None


# -- acting on what is no longer so ----------------------------------------------------------------


def create_if_missing(sagemaker) -> None:
    create_config(sagemaker)
    try:
        sagemaker.describe_endpoint_config(EndpointConfigName="c")
    except ClientError:
        create_config(sagemaker)


def create_if_still_missing(sagemaker) -> None:
    create_config(sagemaker)
    try:
        repeated(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="c"))
    except ClientError:
        create_config(sagemaker)


def update_by_what_it_saw(sagemaker) -> None:
    create_config(sagemaker)
    create_config(sagemaker, "d")
    create_endpoint(sagemaker)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    seen = sagemaker.describe_endpoint(EndpointName="e")
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName=seen["EndpointConfigName"])


def update_by_what_is(sagemaker) -> None:
    create_config(sagemaker)
    create_config(sagemaker, "d")
    create_endpoint(sagemaker)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    for attempt in range(8):
        seen = sagemaker.describe_endpoint(EndpointName="e")
        if seen["EndpointConfigName"] == "d":
            break
        back_off(attempt)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName=seen["EndpointConfigName"])


# -- errors that come again ------------------------------------------------------------------------


def retry_anything(sagemaker) -> None:
    for attempt in range(3):
        try:
            return sagemaker.create_model(ModelName="not valid", PrimaryContainer={"Image": "i"})
        except ClientError:
            back_off(attempt)
    return None


def retry_what_may_pass(sagemaker) -> None:
    repeated(lambda: sagemaker.create_model(ModelName="not valid", PrimaryContainer={"Image": "i"}))


# -- answers that are lost -------------------------------------------------------------------------


def take_existing_for_failure(sagemaker) -> None:
    create_config(sagemaker)


def look_at_what_exists(sagemaker) -> None:
    try:
        create_config(sagemaker)
    except ClientError as error:
        if "already existing" not in str(error):
            raise
        sagemaker.describe_endpoint_config(EndpointConfigName="c")


# -- a quota of retries ----------------------------------------------------------------------------


def hammer(sagemaker) -> None:
    for number in range(40):
        with contextlib.suppress(ClientError):
            sagemaker.describe_model(ModelName=f"m{number}")


def break_the_circuit(sagemaker) -> None:
    for number in range(5):
        with contextlib.suppress(ClientError):
            sagemaker.describe_model(ModelName=f"m{number}")
