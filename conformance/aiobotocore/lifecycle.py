"""A whole lifecycle through aiobotocore: create, update, list, delete. Two configurations concurrently.

    python lifecycle.py [ATTEMPTS [ENDPOINT_URL]]

The SDK does not retry a call that failed because of a stale read. The program retries it, up to ATTEMPTS
attempts (default 1: no retry). The SDK finds the endpoint itself unless ENDPOINT_URL is given.
"""

import asyncio
import sys

from aiobotocore.session import get_session
from botocore.exceptions import ClientError

ATTEMPTS = int(sys.argv[1]) if sys.argv[1:] else 1
URL = sys.argv[2] if sys.argv[2:] else None


async def patiently(call, **request):
    """Call, up to ATTEMPTS times: a new resource may not be visible yet."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await call(**request)
        except ClientError as error:
            if not error.response["Error"]["Message"].startswith("Could not find"):
                raise
        await asyncio.sleep(0.02)
    return await call(**request)


async def configure(sagemaker, name, instance_type):
    """Create a configuration of one variant."""
    variant = {
        "VariantName": "v",
        "ModelName": "m",
        "InstanceType": instance_type,
        "InitialInstanceCount": 1,
    }
    await patiently(
        sagemaker.create_endpoint_config, EndpointConfigName=name, ProductionVariants=[variant]
    )


async def in_service(sagemaker, name):
    """Describe until the endpoint is in service; the waiter would sleep 30 s between polls."""
    while True:
        described = await patiently(sagemaker.describe_endpoint, EndpointName=name)
        if described["EndpointStatus"] == "InService":
            return described


async def live(sagemaker):
    """Create, update, list, delete."""
    await sagemaker.create_model(
        ModelName="m",
        PrimaryContainer={"Image": "i"},
        ExecutionRoleArn="arn:aws:iam::123456789012:role/r",
    )
    await configure(sagemaker, "c", "ml.m5.large")
    await patiently(sagemaker.create_endpoint, EndpointName="e", EndpointConfigName="c")
    await asyncio.gather(
        in_service(sagemaker, "e"),
        configure(sagemaker, "d", "ml.m5.xlarge"),
        configure(sagemaker, "x", "ml.m5.2xlarge"),
    )

    await patiently(sagemaker.update_endpoint, EndpointName="e", EndpointConfigName="d")
    described = await in_service(sagemaker, "e")
    assert described["EndpointConfigName"] == "d"

    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(MaxResults=2)
    names = [config["EndpointConfigName"] async for page in pages for config in page["EndpointConfigs"]]
    assert sorted(names) == ["c", "d", "x"]

    await sagemaker.delete_endpoint(EndpointName="e")
    gone = sagemaker.get_waiter("endpoint_deleted")
    await gone.wait(EndpointName="e", WaiterConfig={"Delay": 0})
    await asyncio.gather(*[sagemaker.delete_endpoint_config(EndpointConfigName=name) for name in names])
    await sagemaker.delete_model(ModelName="m")


async def main():
    """Live with a client of its own."""
    async with get_session().create_client("sagemaker", endpoint_url=URL) as sagemaker:
        await live(sagemaker)


asyncio.run(main())
