"""Requests as bytes, as botocore writes them, but for the signature, which no server here checks."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count

MODEL = {
    "ModelName": "m",
    "PrimaryContainer": {"Image": "i"},
    "ExecutionRoleArn": "arn:aws:iam::123456789012:role/r",
}
INSTANCES = {"ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
VARIANTS = [
    {"VariantName": "a", "InitialVariantWeight": 2.0, **INSTANCES},
    {"VariantName": "b", "InitialVariantWeight": 1.0, **INSTANCES},
]


def request(operation: str, members: object) -> bytes:
    """Write a request of `members`."""
    body = json.dumps(members).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n"
        f"X-Amz-Target: SageMaker.{operation}\r\nContent-Type: application/x-amz-json-1.1\r\n"
        "User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux \r\n"
        "X-Amz-Date: 20260101T000000Z\r\n"
        "Authorization: AWS4-HMAC-SHA256 "
        "Credential=123456789012/20260101/us-east-1/sagemaker/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0123456789abcdef\r\n"
        "amz-sdk-invocation-id: 6f0b7a52-3d5b-4a37-9d9e-0c7a8a5c0c11\r\n"
        "amz-sdk-request: attempt=1; max=3\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def create(name: str) -> bytes:
    """Write CreateEndpointConfig with two variants."""
    return request("CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": VARIANTS})


def describe(name: str) -> bytes:
    """Write DescribeEndpointConfig."""
    return request("DescribeEndpointConfig", {"EndpointConfigName": name})


def creates() -> Callable[[], bytes]:
    """Return a source of creates, each with a new name; cheap, because it runs between two answers."""
    before, _, after = create("config-NNNNNNNNN").partition(b"NNNNNNNNN")
    return lambda: b"%b%09d%b" % (before, next(_names), after)


def describes() -> Callable[[], bytes]:
    """Return a source of describes of the configuration "known"."""
    known = describe("known")
    return lambda: known


_names = count()
