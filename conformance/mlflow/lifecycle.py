"""A whole lifecycle through mlflow's deployment client: create, update, list, delete.

    python lifecycle.py [ATTEMPTS]

mlflow gives each model and configuration a new name, so a second deployment would not find its new
resources either. A hook in boto3's default session retries each request instead, up to ATTEMPTS
attempts (default 1: no retry). The model goes to S3, into a bucket that mlflow makes, so
AWS_ENDPOINT_URL has to say where all of AWS is.
"""

import sys
import tempfile
from pathlib import Path

import boto3
from mlflow.deployments import get_deploy_client

ATTEMPTS = int(sys.argv[1]) if sys.argv[1:] else 1
MLMODEL = """\
flavors:
  python_function:
    loader_module: churn
model_uuid: 00000000000000000000000000000000
"""
DEPLOYMENT = {
    "execution_role_arn": "arn:aws:iam::123456789012:role/r",
    "image_url": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1",
    "synchronous": False,  # else it sleeps 5 s between polls, and 20 s before the first of an update
    "archive": True,
}


def not_seen_yet(response, attempts, **_):
    """Wait and try again what a stale read refused: botocore calls it after each attempt."""
    message = response[1].get("Error", {}).get("Message", "") if response else ""
    return 0.02 if message.startswith("Could not find") and attempts < ATTEMPTS else None


def in_service():
    """Describe until the deployment is in service."""
    while True:
        described = client.get_deployment("churn")
        if described["EndpointStatus"] == "InService":
            return described


boto3.setup_default_session()
boto3.DEFAULT_SESSION.events.register_first("needs-retry.sagemaker", not_seen_yet)
client = get_deploy_client("sagemaker:/us-east-1")

with tempfile.TemporaryDirectory() as model:
    (Path(model) / "MLmodel").write_text(MLMODEL)
    client.create_deployment("churn", model, config={**DEPLOYMENT, "tags": {"team": "churn"}})
    first = in_service()
    assert [deployment["EndpointName"] for deployment in client.list_deployments()] == ["churn"]

    client.update_deployment("churn", model, config={**DEPLOYMENT, "instance_type": "ml.m5.xlarge"})
    second = in_service()
    assert second["EndpointConfigName"] != first["EndpointConfigName"]

client.delete_deployment("churn")
assert client.list_deployments() == []

# what an update with archive leaves
sagemaker = boto3.client("sagemaker")
sagemaker.delete_endpoint_config(EndpointConfigName=first["EndpointConfigName"])
for variant in first["ProductionVariants"]:
    sagemaker.delete_model(ModelName=variant["VariantName"])
