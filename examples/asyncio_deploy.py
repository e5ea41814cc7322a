"""The same with asyncio and aiobotocore, against whatever AWS_ENDPOINT_URL names.

sm-emulator run --reproducible --preset describe-lies -- python examples/asyncio_deploy.py
"""

import asyncio

from aiobotocore.session import get_session
from botocore.exceptions import ClientError

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"
VARIANT = {
    "VariantName": "AllTraffic",
    "ModelName": "churn",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}


async def main() -> None:
    async with get_session().create_client("sagemaker") as sagemaker:
        await sagemaker.create_model(ModelName="churn", PrimaryContainer={"Image": IMAGE})
        await sagemaker.create_endpoint_config(EndpointConfigName="churn", ProductionVariants=[VARIANT])
        for wait in (0.05, 0.1, 0.2, 0.4):
            try:
                await sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn")
                break
            except ClientError as error:
                if "Could not find endpoint configuration" not in str(error):
                    raise
                print("not seen yet")
                await asyncio.sleep(wait)
        described = await sagemaker.describe_endpoint(EndpointName="churn")
        print(described["EndpointStatus"])


asyncio.run(main())
