"""Update the endpoint of existing.py to another instance type, and wait until it is in service."""

import boto3
from sagemaker.predictor import Predictor
from sagemaker.session import Session

predictor = Predictor("churn", Session(boto3.Session(), default_bucket="b"))
predictor.update_endpoint(initial_instance_count=1, instance_type="ml.m5.xlarge", model_name="churn")
