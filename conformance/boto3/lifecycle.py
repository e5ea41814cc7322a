"""A whole lifecycle through boto3: create, update, list, delete.

    python lifecycle.py [ATTEMPTS [ENDPOINT_URL]]

The SDK does not retry a call that failed because of a stale read. The program retries it, up to ATTEMPTS
attempts (default 1: no retry). The SDK finds the endpoint itself unless ENDPOINT_URL is given.
"""

import sys
import time

import boto3

ATTEMPTS = int(sys.argv[1]) if sys.argv[1:] else 1
URL = sys.argv[2] if sys.argv[2:] else None

sagemaker = boto3.client("sagemaker", endpoint_url=URL)


def patiently(call, **request):
    """Call, up to ATTEMPTS times: a new resource may not be visible yet."""
    for _ in range(ATTEMPTS - 1):
        try:
            return call(**request)
        except sagemaker.exceptions.ClientError as error:
            if not error.response["Error"]["Message"].startswith("Could not find"):
                raise
        time.sleep(0.02)
    return call(**request)


def in_service(name):
    """Describe until the endpoint is in service; botocore's waiter would sleep 30 s in between."""
    while True:
        described = patiently(sagemaker.describe_endpoint, EndpointName=name)
        if described["EndpointStatus"] == "InService":
            return described


sagemaker.create_model(
    ModelName="m",
    PrimaryContainer={"Image": "i"},
    ExecutionRoleArn="arn:aws:iam::123456789012:role/r",
)
for name, weights in (("c", {"a": 2, "b": 1}), ("d", {"a": 1})):
    variants = [
        {
            "VariantName": variant,
            "ModelName": "m",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": weight,
        }
        for variant, weight in weights.items()
    ]
    patiently(
        sagemaker.create_endpoint_config,
        EndpointConfigName=name,
        ProductionVariants=variants,
        Tags=[{"Key": "team", "Value": "churn"}],
    )
patiently(sagemaker.create_endpoint, EndpointName="e", EndpointConfigName="c")
in_service("e")

patiently(sagemaker.update_endpoint, EndpointName="e", EndpointConfigName="d")
described = in_service("e")
assert described["EndpointConfigName"] == "d"

desired = [{"VariantName": "a", "DesiredInstanceCount": 3}]
sagemaker.update_endpoint_weights_and_capacities(EndpointName="e", DesiredWeightsAndCapacities=desired)
assert in_service("e")["ProductionVariants"][0]["CurrentInstanceCount"] == 3

pages = sagemaker.get_paginator("list_endpoint_configs").paginate(MaxResults=1)
assert {config["EndpointConfigName"] for page in pages for config in page["EndpointConfigs"]} == {
    "c",
    "d",
}
assert [endpoint["EndpointName"] for endpoint in sagemaker.list_endpoints()["Endpoints"]] == ["e"]
arn = patiently(sagemaker.describe_endpoint_config, EndpointConfigName="d")["EndpointConfigArn"]
assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "churn"}]

sagemaker.delete_endpoint(EndpointName="e")
sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="e", WaiterConfig={"Delay": 0})
for name in ("c", "d"):
    sagemaker.delete_endpoint_config(EndpointConfigName=name)
sagemaker.delete_model(ModelName="m")
