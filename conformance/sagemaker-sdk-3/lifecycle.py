"""A whole lifecycle through ModelBuilder of the SageMaker Python SDK v3: build, deploy, invoke, delete.

    python lifecycle.py [ATTEMPTS]

`build` describes the model that it has created, and raises if it is not visible yet. A hook in the
boto3 session of the SDK retries each request, up to ATTEMPTS attempts (default 1: no retry).
"""

import json
import sys
import time
from functools import partial

import boto3
from botocore.exceptions import ClientError
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import EndpointConfig, Model
from sagemaker.serve import ModelBuilder

ATTEMPTS = int(sys.argv[1]) if sys.argv[1:] else 1
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/price:1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}

# The SDK sleeps 30 s before it looks at a new endpoint for the first time
time.sleep = partial(lambda sleep, seconds: sleep(min(seconds, 0.02)), time.sleep)


def not_seen_yet(response, attempts, **_):
    """Wait and try again what a stale read refused: botocore calls after each attempt."""
    message = response[1].get("Error", {}).get("Message", "") if response else ""
    return 0.02 if message.startswith("Could not find") and attempts < ATTEMPTS else None


boto_session = boto3.Session()
boto_session.events.register_first("needs-retry.sagemaker", not_seen_yet)
role = boto_session.client("iam").create_role(
    RoleName="price", AssumeRolePolicyDocument=json.dumps(TRUST)
)
builder = ModelBuilder(
    image_uri=IMAGE,
    s3_model_data_url="s3://price-artefacts/model.tar.gz",
    role_arn=role["Role"]["Arn"],  # the SDK checks that SageMaker may assume it
    instance_type="ml.m5.large",
    # without a name, the SDK would call the public endpoint of STS for the account
    sagemaker_session=Session(boto_session, default_bucket="price-artefacts"),
)
builder.build(model_name="price")
endpoint = builder.deploy(endpoint_name="price")

answer = endpoint.invoke(body=json.dumps({"area": 80}), content_type="application/json")
assert json.load(answer.body) == {"price": 80_000}
try:
    endpoint.invoke(body="{}", content_type="application/json")
except ClientError as error:
    reason = error.response["OriginalMessage"]
assert reason == "KeyError: 'area'"

endpoint.delete()
EndpointConfig.get(endpoint_config_name="price").delete()
Model.get(model_name="price").delete()
waiter = boto_session.client("sagemaker").get_waiter("endpoint_deleted")
waiter.wait(EndpointName="price", WaiterConfig={"Delay": 0})
