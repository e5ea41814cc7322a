"""Deploy a model as most programs do. No preset of check.sh lets it pass."""

import boto3

VARIANT = {
    "VariantName": "AllTraffic",
    "ModelName": "churn",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}

sagemaker = boto3.client("sagemaker")
sagemaker.create_model(ModelName="churn", PrimaryContainer={"Image": "churn:1"})
sagemaker.create_endpoint_config(EndpointConfigName="churn", ProductionVariants=[VARIANT])
sagemaker.describe_endpoint_config(EndpointConfigName="churn")
sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn")
