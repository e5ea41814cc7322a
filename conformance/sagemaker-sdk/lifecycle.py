"""A whole lifecycle through the SageMaker Python SDK v2: deploy, update, invoke, delete; two variants.

    python lifecycle.py [ATTEMPTS]

A deployment is many requests. A hook in the SDK's boto3 client retries each of them, up to ATTEMPTS
attempts (default 1: no retry).
"""

import sys

import boto3
from botocore.exceptions import ClientError
from sagemaker.deserializers import JSONDeserializer
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.serializers import JSONSerializer
from sagemaker.session import Session, production_variant

ATTEMPTS = int(sys.argv[1]) if sys.argv[1:] else 1
ROLE = "arn:aws:iam::123456789012:role/r"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"


def not_seen_yet(response, attempts, **_):
    """Wait and try again what a stale read refused: botocore calls it after each attempt."""
    message = response[1].get("Error", {}).get("Message", "") if response else ""
    return 0.02 if message.startswith("Could not find") and attempts < ATTEMPTS else None


client = boto3.client("sagemaker")
client.meta.events.register_first("needs-retry.sagemaker", not_seen_yet)
session = Session(
    boto3.Session(),
    sagemaker_client=client,
    # the variable of one service does not reach another
    sagemaker_runtime_client=boto3.client("sagemaker-runtime", endpoint_url=client.meta.endpoint_url),
    default_bucket="b",
)


def in_service(name: str) -> dict:
    """Describe until the endpoint is in service; the SDK itself would sleep 30 s between polls."""
    for _ in range(5):
        described = client.describe_endpoint(EndpointName=name)
        if described["EndpointStatus"] == "InService":
            return described
    raise AssertionError(f"{name} is {described['EndpointStatus']}")


model = Model(image_uri=IMAGE, role=ROLE, name="m", sagemaker_session=session)
model.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="e", wait=False)
in_service("e")

larger = production_variant("m", "ml.m5.xlarge", initial_instance_count=2)
session.create_endpoint_config_from_existing("e", "e-2", new_production_variants=[larger])
session.update_endpoint("e", "e-2", wait=False)
described = in_service("e")
assert described["EndpointConfigName"] == "e-2"
assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 2

two_to_one = [
    production_variant("m", "ml.m5.large", variant_name=name, initial_weight=weight)
    for name, weight in (("a", 2), ("b", 1))
]
tags = [{"Key": "team", "Value": "churn"}]
session.endpoint_from_production_variants("two", two_to_one, tags=tags, wait=False)
described = in_service("two")
assert [variant["CurrentWeight"] for variant in described["ProductionVariants"]] == [2, 1]
assert session.list_tags(described["EndpointArn"]) == tags

model = Model(image_uri=IMAGE, role=ROLE, name="price", sagemaker_session=session)
model.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="price", wait=False)
in_service("price")
predictor = Predictor("price", session, JSONSerializer(), JSONDeserializer())
assert predictor.predict({"area": 80}) == {"price": 80_000}
try:
    predictor.predict({})
except ClientError as error:
    reason = error.response["OriginalMessage"]
assert reason == "KeyError: 'area'"

for name in ("e", "two", "price"):
    session.delete_endpoint(name)
    client.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 0})
for name in ("e", "e-2", "two", "price"):
    session.delete_endpoint_config(name)
for name in ("m", "price"):
    session.delete_model(name)
