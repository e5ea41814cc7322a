"""Create what programs here change or delete: model, configuration and endpoint, all named churn."""

import boto3

sagemaker = boto3.client("sagemaker")
sagemaker.create_model(
    ModelName="churn",
    PrimaryContainer={"Image": "churn:1"},
    ExecutionRoleArn="arn:aws:iam::123456789012:role/r",
)
variant = {
    "VariantName": "v",
    "ModelName": "churn",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
sagemaker.create_endpoint_config(EndpointConfigName="churn", ProductionVariants=[variant])
sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn")
