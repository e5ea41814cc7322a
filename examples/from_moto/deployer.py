"""A program that makes its own clients, as most do."""

import boto3


def upload(bucket: str, name: str, content: bytes) -> str:
    """Store a model's artefact, and return its URL."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=f"{name}/model.tar.gz", Body=content)
    return f"s3://{bucket}/{name}/model.tar.gz"


def deploy(name: str, image: str, artefact: str) -> None:
    """Create a model, its configuration and an endpoint, and wait until it is in service."""
    sagemaker = boto3.client("sagemaker")
    container = {"Image": image, "ModelDataUrl": artefact}
    role = "arn:aws:iam::123456789012:role/deployer"
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {"VariantName": "all", "ModelName": name, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name)


def deployed() -> list[str]:
    """Return the names of all endpoints."""
    pages = boto3.client("sagemaker").get_paginator("list_endpoints").paginate()
    return [endpoint["EndpointName"] for page in pages for endpoint in page["Endpoints"]]


def destroy(name: str) -> None:
    """Delete an endpoint with its configuration and its model."""
    sagemaker = boto3.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.delete_endpoint_config(EndpointConfigName=name)
    sagemaker.delete_model(ModelName=name)
