"""A deployment of 23 requests that survives one cause of any kind, and one of two, and a twin that does not."""

from __future__ import annotations

import time

from botocore.exceptions import ClientError

MODELS = ("a", "b", "c")
TAGS = [{"Key": "team", "Value": "pricing"}]


def repeated(call, *done: str, attempts: int = 12) -> None:
    """Repeat a call that does not find something, until it succeeds or is refused as `done` already."""
    for attempt in range(attempts):
        try:
            call()
        except ClientError as error:
            if any(text in str(error) for text in done):
                return
            if "Could not find" not in str(error) or attempt == attempts - 1:
                raise
        else:
            return
        time.sleep(0.1 * 2**attempt)


def wait(sagemaker, config: str) -> None:
    """Wait until the endpoint is in service on a configuration."""
    for _ in range(60):
        try:
            seen = sagemaker.describe_endpoint(EndpointName="ep")
        except ClientError as error:
            if "Could not find" not in str(error):
                raise
        else:
            if (seen["EndpointStatus"], seen["EndpointConfigName"]) == ("InService", config):
                return
        time.sleep(2)
    raise SystemExit(f"the endpoint does not get to {config}")


def create_config(sagemaker, name: str, weights: tuple[int, ...]) -> None:
    variants = [
        {
            "VariantName": model,
            "ModelName": model,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": weight,
        }
        for model, weight in zip(MODELS, weights, strict=True)
    ]
    repeated(
        lambda: sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants),
        "already existing",
    )


def deploy(scenario, attempts: int = 12) -> None:
    """Create an endpoint, move it to another configuration, and delete the first one."""
    sagemaker = scenario.client("sagemaker")
    for model in MODELS:
        repeated(
            lambda model=model: sagemaker.create_model(ModelName=model, PrimaryContainer={"Image": "i"}),
            "already existing",
        )
    create_config(sagemaker, "cfg1", (1, 0, 0))
    repeated(
        lambda: sagemaker.create_endpoint(EndpointName="ep", EndpointConfigName="cfg1"),
        "already existing",
    )
    wait(sagemaker, "cfg1")
    arn = sagemaker.describe_endpoint(EndpointName="ep")["EndpointArn"]
    sagemaker.list_models()
    sagemaker.describe_endpoint_config(EndpointConfigName="cfg1")
    repeated(lambda: sagemaker.add_tags(ResourceArn=arn, Tags=TAGS))
    create_config(sagemaker, "cfg2", (1, 1, 1))
    repeated(
        lambda: sagemaker.update_endpoint(EndpointName="ep", EndpointConfigName="cfg2"),
        "in-progress",
        attempts=attempts,
    )
    wait(sagemaker, "cfg2")
    repeated(lambda: sagemaker.delete_endpoint_config(EndpointConfigName="cfg1"), "Could not find")
    sagemaker.list_endpoints()
    sagemaker.list_endpoint_configs()
    sagemaker.list_tags(ResourceArn=arn)


def impatient(scenario) -> None:
    """Deploy, but give up the update after three attempts."""
    deploy(scenario, attempts=3)
