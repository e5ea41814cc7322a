"""Delete the endpoint of existing.py, and its configuration."""

import boto3
from sagemaker.predictor import Predictor
from sagemaker.session import Session

Predictor("churn", Session(boto3.Session(), default_bucket="b")).delete_endpoint()
