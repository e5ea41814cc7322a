"""Attacks on a server that has a million resources: what goes through all of them, or ends them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from siege.campaign import Limits, Siege, attack
from siege.load import create_model, request

MILLION = 1_000_000
# Resources take 1 to 2.5 kB each
LIMITS = Limits(p999=20, memory=4000)
LATE = {"consistency.preset": "dynamodb", "clock.mode": "virtual"}


def calls(siege: Siege, expected: Iterable[tuple[str, dict[str, Any], int]]) -> None:
    """Call operations of SageMaker, and expect these statuses."""
    for operation, members, status in expected:
        answer = siege.server.call(operation, members, timeout=60)
        problem = f"{operation} {members}: {answer.status or 'no answer'}"
        siege.expect(problem, holds=answer.status == status)


def verbs(siege: Siege, *verbs: str) -> None:
    """Call verbs of the admin API, each as `METHOD path`; all of them succeed."""
    for verb in verbs:
        method, path = verb.split(" ")
        body = None if method == "GET" else {}
        answer = siege.server.admin(method, path, body, timeout=120)
        siege.expect(f"{verb}: {answer.status or 'no answer'}", holds=answer.status == 200)


def fill_records(siege: Siege) -> None:
    """Let journal and history be as full as their limits allow."""
    body = create_model(ModelName="model1", SortBy="Name")
    operations = ("CreateModel", "DescribeModel", "ListModels")
    siege.tries += siege.server.pipelined(
        request(operations[each % 3], body) for each in range(siege.size(20_000, 2_000))
    )


QUESTIONS = (
    *("GET /_emulator/scenarios/default", "GET journal", "GET calls", "GET pending", "GET history"),
    *("GET report", "GET report?format=html", "POST check"),
)
FILTERS: tuple[dict[str, Any], ...] = (
    {"NameContains": "99999"},
    {"NameContains": "of-no-one", "SortBy": "Name"},
    {"CreationTimeAfter": 4e9},
    {"CreationTimeBefore": 4e9, "SortOrder": "Ascending"},
)
BY_STATUS = {"SortBy": "Status", "NameContains": "99999"}


@attack(
    "a million endpoints: lists, deletions, questions, reset",
    {"lists.filter_after_page": False},
    limits=LIMITS,
    quick=False,
    seconds=300,
    filled=("Endpoint", MILLION),
)
def endpoints(siege: Siege) -> None:
    fill_records(siege)
    for filters in (*FILTERS, BY_STATUS, {"StatusEquals": "Failed"}):
        calls(siege, [("ListEndpoints", {**filters, "MaxResults": 100}, 200)])
    calls(siege, [("DeleteEndpoint", {"EndpointName": f"endpoint{each}"}, 200) for each in range(20)])
    verbs(siege, *QUESTIONS, "POST settle", "POST reset")
    calls(siege, [("DescribeEndpoint", {"EndpointName": "endpoint99"}, 400)])


@attack(
    "a million inference components, and deletions of endpoints",
    limits=LIMITS,
    quick=False,
    seconds=300,
    filled=("InferenceComponent", MILLION),
)
def components(siege: Siege) -> None:
    for filters in ({"SortBy": "Status", "StatusEquals": "Failed"}, {"EndpointNameEquals": "f"}):
        calls(siege, [("ListInferenceComponents", {**filters, "MaxResults": 100}, 200)])
    calls(siege, [("CreateEndpoint", {"EndpointName": "f", "EndpointConfigName": "c"}, 200)])
    calls(
        siege,
        [("DeleteEndpoint", {"EndpointName": name}, code) for name, code in (("e", 400), ("f", 200))],
    )
    verbs(siege, *QUESTIONS, "POST reset")


@attack(
    "a million models that have not settled",
    LATE,
    limits=LIMITS,
    quick=False,
    seconds=300,
    filled=("Model", MILLION),
)
def unsettled(siege: Siege) -> None:
    fill_records(siege)
    for filters in FILTERS:
        calls(siege, [("ListModels", {**filters, "MaxResults": 100}, 200)])
    verbs(siege, *QUESTIONS)
    siege.server.admin("POST", "clock", {"advance_seconds": 60})
    verbs(siege, "GET pending", "POST settle", "GET pending", "POST check", "POST reset")
