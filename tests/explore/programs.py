"""Eleven small programs that deploy, each with its own view of what can go wrong."""

from __future__ import annotations

import time

from botocore.exceptions import ClientError

CONTAINER = {"Image": "i"}
WAITER = {"Delay": 1, "MaxAttempts": 30}


def variants(model: str = "m") -> list[dict]:
    return [
        {
            "VariantName": "a",
            "ModelName": model,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
    ]


def create_model(sagemaker, name: str = "m") -> None:
    sagemaker.create_model(ModelName=name, PrimaryContainer=CONTAINER)


def create_config(sagemaker, name: str = "cfg") -> None:
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants())


def create_endpoint(sagemaker, config: str = "cfg") -> None:
    sagemaker.create_endpoint(EndpointName="ep", EndpointConfigName=config)


def status(sagemaker) -> str:
    return sagemaker.describe_endpoint(EndpointName="ep")["EndpointStatus"]


def a_model(scenario) -> None:
    """Prepare: a model."""
    create_model(scenario.client("sagemaker"))


def a_live_endpoint(scenario) -> None:
    """Prepare: an endpoint in service."""
    sagemaker = scenario.client("sagemaker")
    create_model(sagemaker)
    create_config(sagemaker)
    create_endpoint(sagemaker)


def retried(call, attempts: int, wait=lambda attempt: 0.1 * 2**attempt):
    """Repeat a call that does not find something."""
    for attempt in range(attempts):
        try:
            return call()
        except ClientError as error:
            if "Could not find" not in str(error) or attempt == attempts - 1:
                raise
        time.sleep(wait(attempt))
    return None


def unless_existing(call, verify) -> None:
    """Make a call, and where it is refused as done already, verify that it is."""
    try:
        call()
    except ClientError as error:
        if "already existing" not in str(error):
            raise
        retried(verify, 10)


def naive(scenario):
    sagemaker = scenario.client("sagemaker")
    create_config(sagemaker)
    create_endpoint(sagemaker)


def describe_first(scenario):
    sagemaker = scenario.client("sagemaker")
    create_config(sagemaker)
    retried(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="cfg"), 10)
    create_endpoint(sagemaker)


def three_attempts(scenario):
    sagemaker = scenario.client("sagemaker")
    create_config(sagemaker)
    retried(lambda: create_endpoint(sagemaker), 3)


def back_off(scenario):
    sagemaker = scenario.client("sagemaker")
    create_config(sagemaker)
    retried(lambda: create_endpoint(sagemaker), 10)


def existing_is_failure(scenario):
    sagemaker = scenario.client("sagemaker")
    create_config(sagemaker)
    try:
        retried(lambda: create_endpoint(sagemaker), 10)
    except ClientError as error:
        if "already existing" in str(error):
            raise SystemExit("the endpoint exists, and is another's") from error
        raise


def idempotent(scenario):
    sagemaker = scenario.client("sagemaker")
    unless_existing(
        lambda: create_config(sagemaker),
        lambda: sagemaker.describe_endpoint_config(EndpointConfigName="cfg"),
    )
    unless_existing(lambda: retried(lambda: create_endpoint(sagemaker), 10), lambda: status(sagemaker))


def blue_green(scenario):
    sagemaker = scenario.client("sagemaker")
    create_config(sagemaker, "green")
    retried(lambda: sagemaker.update_endpoint(EndpointName="ep", EndpointConfigName="green"), 10)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="ep", WaiterConfig=WAITER)
    sagemaker.delete_endpoint_config(EndpointConfigName="cfg")


def deploy_and_wait(scenario):
    sagemaker = scenario.client("sagemaker")
    create_config(sagemaker)
    retried(lambda: create_endpoint(sagemaker), 10)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="ep", WaiterConfig=WAITER)


def replace(scenario):
    sagemaker = scenario.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName="ep")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="ep", WaiterConfig=WAITER)
    for attempt in range(10):
        try:
            return create_endpoint(sagemaker)
        except ClientError as error:
            if "already existing" not in str(error):
                raise
        time.sleep(0.1 * 2**attempt)
    raise SystemExit("the old endpoint stays")


def read_modify_write(scenario):
    sagemaker = scenario.client("sagemaker")
    for number in (1, 2):
        while status(sagemaker) != "InService":
            time.sleep(1)
        old = sagemaker.describe_endpoint(EndpointName="ep")["EndpointConfigName"]
        create_config(sagemaker, f"{old.partition('-')[0]}-{number}")
        config = f"{old.partition('-')[0]}-{number}"
        retried(
            lambda config=config: sagemaker.update_endpoint(
                EndpointName="ep", EndpointConfigName=config
            ),
            10,
        )
        time.sleep(10)


def list_as_a_guard(scenario):
    sagemaker = scenario.client("sagemaker")
    create_config(sagemaker)
    names = [c["EndpointConfigName"] for c in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
    if "cfg" not in names:
        create_config(sagemaker)
    retried(lambda: create_endpoint(sagemaker), 10)
