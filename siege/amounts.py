"""Attacks by amounts: many resources that change, are listed, deleted or freed together."""

from __future__ import annotations

import json
from collections.abc import Iterator

from siege.campaign import Limits, Siege, attack
from siege.load import create_model, request
from siege.server import VARIANT

LARGE = Limits(memory=900)
COMPONENT = {
    "EndpointName": "e0",
    "Specification": {
        "ModelName": "m",
        "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128},
    },
    "RuntimeConfig": {"CopyCount": 1},
}
SLOW = {"clock.mode": "virtual", "lifecycle.creating_seconds": 60}


def endpoints(siege: Siege, number: int) -> None:
    """Create endpoints on one configuration."""
    server = siege.server
    server.call("CreateModel", create_model(ModelName="m"))
    config = {"EndpointConfigName": "c", "ProductionVariants": [{**VARIANT, "ModelName": "m"}]}
    server.call("CreateEndpointConfig", config)

    def creates() -> Iterator[bytes]:
        for each in range(number):
            members = {"EndpointName": f"e{each}", "EndpointConfigName": "c"}
            yield request("CreateEndpoint", json.dumps(members).encode())

    siege.tries += server.pipelined(creates())


@attack("transitions of endpoints that are due together", SLOW, limits=LARGE, seconds=180)
def due_together(siege: Siege) -> None:
    number = siege.size(100_000, 10_000)
    endpoints(siege, number)
    siege.server.admin("POST", "clock", {"advance_seconds": 60})
    first = siege.server.call("DescribeEndpoint", {"EndpointName": f"e{number - 1}"}, timeout=60)
    siege.expect("the last is in service", holds=b"InService" in first.body)
    listed = siege.server.call("ListEndpoints", {"StatusEquals": "Creating"}, timeout=60)
    siege.expect("none is being created", holds=b"Creating" not in listed.body)
    siege.expect("a list", holds=listed.status == 200)


@attack("questions of the admin API while transitions are due", SLOW, limits=LARGE, seconds=180)
def due_for_admin(siege: Siege) -> None:
    endpoints(siege, siege.size(50_000, 10_000))
    siege.server.admin("POST", "clock", {"advance_seconds": 60})
    for path in ("", "pending", "history"):
        answer = siege.server.admin("GET", path, timeout=60)
        siege.expect(f"GET {path}: {answer.status or 'no answer'}", holds=answer.status == 200)


@attack("resets of many resources", {"consistency.preset": "dynamodb"}, limits=LARGE, seconds=180)
def resets(siege: Siege) -> None:
    number = siege.size(100_000, 20_000)
    for _ in range(2):
        siege.tries += siege.server.pipelined(
            request("CreateModel", create_model(ModelName=f"m{each}")) for each in range(number)
        )
        answer = siege.server.admin("POST", "reset", timeout=30)
        siege.expect(f"reset: {answer.status or 'no answer'}", holds=answer.status == 200)


@attack("lists and deletions among many resources", limits=LARGE, seconds=240)
def among_many(siege: Siege) -> None:
    server = siege.server
    endpoints(siege, siege.size(50_000, 10_000))

    def components() -> Iterator[bytes]:
        for each in range(siege.size(50_000, 10_000)):
            members = {**COMPONENT, "InferenceComponentName": f"i{each}"}
            yield request("CreateInferenceComponent", json.dumps(members).encode())

    siege.tries += server.pipelined(components())
    for filters in (
        {"SortBy": "Status"},
        {"SortBy": "Status", "SortOrder": "Ascending", "NameContains": "99"},
        {"SortBy": "Name", "NameContains": "99"},
        {"SortBy": "CreationTime", "StatusEquals": "Failed"},
        {"CreationTimeAfter": 0, "LastModifiedTimeBefore": 4e9},
    ):
        for operation in ("ListEndpoints", "ListInferenceComponents"):
            answer = server.call(operation, {**filters, "MaxResults": 100}, timeout=60)
            problem = f"{operation} {filters}: {answer.status or 'no answer'}"
            siege.expect(problem, holds=answer.status == 200)
    for operation, members, status in (
        ("DeleteEndpoint", {"EndpointName": "e1"}, 200),
        ("DeleteEndpoint", {"EndpointName": "e0"}, 400),
        ("DeleteInferenceComponent", {"InferenceComponentName": "i1"}, 200),
    ):
        answer = server.call(operation, members, timeout=60)
        siege.expect(f"{operation}: {answer.status or 'no answer'}", holds=answer.status == status)
