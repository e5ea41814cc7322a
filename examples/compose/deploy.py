"""Deploy a model as a patient program does: CreateEndpoint may not find the configuration yet.

Its endpoint, region and credentials come from the environment, as in production.
"""

import time

import boto3
from botocore.exceptions import ClientError

ATTEMPTS = 8
VARIANT = {
    "VariantName": "a",
    "ModelName": "churn",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}


def create_endpoint(sagemaker, name):
    """Create an endpoint; where its configuration is not found yet, wait and try again."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        except ClientError as error:
            if "Could not find endpoint configuration" not in str(error) or attempt == ATTEMPTS:
                raise
            print(f"attempt {attempt}: {error.response['Error']['Message']}")
            time.sleep(0.05 * 2**attempt)
        else:
            print(f"attempt {attempt}: created")
            return


def main():
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_model(ModelName="churn", PrimaryContainer={"Image": "churn:1"})
    sagemaker.create_endpoint_config(EndpointConfigName="churn", ProductionVariants=[VARIANT])
    create_endpoint(sagemaker, "churn")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="churn")
    print("InService")


if __name__ == "__main__":
    main()
