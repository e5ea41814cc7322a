"""Deploy a model with the SageMaker Python SDK v2, and wait until the endpoint is in service."""

import boto3
from sagemaker.model import Model
from sagemaker.session import Session

model = Model(
    image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1",
    role="arn:aws:iam::123456789012:role/r",
    name="churn",
    sagemaker_session=Session(boto3.Session(), default_bucket="b"),
)
model.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="churn")
