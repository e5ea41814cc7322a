r"""A whole deployment, on boto3 alone, with one AWS_ENDPOINT_URL.

    sm-emulator serve
    AWS_ENDPOINT_URL=http://127.0.0.1:7243 AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=any \
        AWS_DEFAULT_REGION=us-east-1 python examples/train_and_deploy.py

Against AWS itself it would need a bucket name of your own, an image that is there, and money.
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from urllib.parse import urlsplit

import boto3

NAME = "churn"
LATER = f"{NAME}-later"
BUCKET = "churn-artefacts"
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

s3 = boto3.client("s3")
iam = boto3.client("iam")
sagemaker = boto3.client("sagemaker")
runtime = boto3.client("sagemaker-runtime")


def train() -> bytes:
    """Stand in for training: pack weights into a model.tar.gz."""
    weights = json.dumps({"tenure": -0.4, "complaints": 1.3}).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("weights.json")
        entry.size = len(weights)
        archive.addfile(entry, io.BytesIO(weights))
    return packed.getvalue()


def deploy() -> None:
    """Create bucket, role, model and two endpoints, with their configurations."""
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=train())
    role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    account = boto3.client("sts").get_caller_identity()["Account"]
    sagemaker.create_model(
        ModelName=NAME,
        ExecutionRoleArn=role["Arn"],
        PrimaryContainer={
            "Image": f"{account}.dkr.ecr.us-east-1.amazonaws.com/{NAME}:1",
            "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
        },
    )
    serve(NAME)
    # an endpoint is invoked either synchronously or asynchronously, not both
    serve(LATER, AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/out"}})


def serve(name: str, **more: object) -> None:
    """Create an endpoint and its configuration, and wait until it is in service."""
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": NAME,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **more)
    create_endpoint(name)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name)
    print("in service:", name)


def create_endpoint(name: str) -> None:
    """Create the endpoint; its configuration may not be visible yet, which no SDK retries."""
    for attempt in range(8):
        try:
            sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        except sagemaker.exceptions.ClientError as error:
            if "Could not find endpoint configuration" not in str(error):
                raise
            time.sleep(0.05 * 2**attempt)
        else:
            return
    raise TimeoutError("the endpoint configuration did not become visible")


def invoke() -> None:
    """Invoke synchronously, by a stream, and asynchronously through S3."""
    customer = json.dumps({"tenure": 3, "complaints": 2}).encode()
    request = {"EndpointName": NAME, "ContentType": "application/json", "Body": customer}
    print("synchronous:", runtime.invoke_endpoint(**request)["Body"].read().decode())

    streamed = runtime.invoke_endpoint_with_response_stream(**request)
    parts = [event["PayloadPart"]["Bytes"] for event in streamed["Body"]]
    print("streamed:", b"".join(parts).decode())

    s3.put_object(Bucket=BUCKET, Key="in/customer.json", Body=customer)
    accepted = runtime.invoke_endpoint_async(
        EndpointName=LATER,
        ContentType="application/json",
        InputLocation=f"s3://{BUCKET}/in/customer.json",
    )
    output = urlsplit(accepted["OutputLocation"])
    where = {"Bucket": output.netloc, "Key": output.path.lstrip("/")}
    s3.get_waiter("object_exists").wait(**where, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    print("later:", s3.get_object(**where)["Body"].read().decode())


def clean_up() -> None:
    """Delete everything that `deploy` and `invoke` have made."""
    for name in (NAME, LATER):
        sagemaker.delete_endpoint(EndpointName=name)
        sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name)
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    sagemaker.delete_model(ModelName=NAME)
    iam.delete_role(RoleName=NAME)
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)


if __name__ == "__main__":
    deploy()
    try:
        invoke()
    finally:
        clean_up()
    print("deleted")
