"""Three programs that deploy a model, as found in practice."""

from __future__ import annotations

import random

from botocore.exceptions import ClientError

from sm_emulator.demo.recorder import Recorder

_ATTEMPTS = 8
_FIRST_WAIT = 0.01


def configure(aws: Recorder, name: str) -> None:
    """Create the configuration: two models, two thirds of the traffic to the first."""
    instances = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    variants = [
        {"VariantName": model, "ModelName": model, "InitialVariantWeight": weight, **instances}
        for model, weight in (("champion", 2.0), ("challenger", 1.0))
    ]
    aws.call(
        "CreateEndpointConfig",
        EndpointConfigName=name,
        ProductionVariants=variants,
        Tags=[{"Key": "team", "Value": "churn"}],
        KmsKeyId="alias/ExampleAlias",
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://churn/answers"}},
    )


def naive(aws: Recorder, name: str) -> None:
    """Continue immediately: the configuration was created, so it must exist."""
    configure(aws, name)
    aws.call("CreateEndpoint", EndpointName=name, EndpointConfigName=name)


def careful(aws: Recorder, name: str) -> None:
    """Follow the documentation's advice: call DescribeEndpointConfig before CreateEndpoint."""
    configure(aws, name)
    aws.call("DescribeEndpointConfig", EndpointConfigName=name)
    aws.call("CreateEndpoint", EndpointName=name, EndpointConfigName=name)


def patient(aws: Recorder, name: str) -> None:
    """Retry the miss, waiting longer each time, with jitter."""
    configure(aws, name)
    jitter = random.Random(name)  # noqa: S311  the client's own randomness, not the emulator's
    for attempt in range(_ATTEMPTS):
        try:
            aws.call("CreateEndpoint", EndpointName=name, EndpointConfigName=name)
        except ClientError as error:
            if "Could not find endpoint configuration" not in str(error) or attempt == _ATTEMPTS - 1:
                raise
            aws.sleep(jitter.uniform(0.5, 1.0) * _FIRST_WAIT * 2**attempt)
        else:
            break
    aws.call("DescribeEndpoint", EndpointName=name)
