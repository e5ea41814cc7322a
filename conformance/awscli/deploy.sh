#!/bin/sh
# Deploy a model with the AWS CLI, and wait until the endpoint is in service.
set -eu
aws sagemaker create-model --model-name churn --primary-container Image=churn:1 \
    --execution-role-arn arn:aws:iam::123456789012:role/r
aws sagemaker create-endpoint-config --endpoint-config-name churn \
    --production-variants VariantName=v,ModelName=churn,InstanceType=ml.m5.large,InitialInstanceCount=1
aws sagemaker create-endpoint --endpoint-name churn --endpoint-config-name churn
aws sagemaker wait endpoint-in-service --endpoint-name churn
