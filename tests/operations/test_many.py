"""What concerns many resources at a time is done in parts, between which others are answered."""

import json
from itertools import pairwise

import pytest

from sm_emulator.operations import registry, state
from sm_emulator.scenario import scenario as scenario_module
from sm_emulator.store import store as store_module
from sm_emulator.store.history import WriteEvent
from sm_emulator.wire.message import Request
from sm_emulator.wire.steps import Wait
from tests.support.local_gateway import ACCOUNT, JSON, Local

MANY = 7


@pytest.fixture(autouse=True)
def parts(monkeypatch):
    """Let two transitions, and two resources, be all that is done at a time."""
    monkeypatch.setattr(state, "AT_ONCE", 2)
    monkeypatch.setattr(registry, "PART", 2)
    monkeypatch.setattr(store_module, "PART", 2)


def deployed(life=None, number=MANY, **options):
    local = Local(life=life, **options)
    local.model()
    local.config()
    local.scenario.store.settle()
    for each in range(number):
        local.ok("CreateEndpoint", {"EndpointName": f"e{each}", "EndpointConfigName": "c"})
    return local


def transitions(local):
    """Return the endpoints that have been updated, in order."""
    events = local.scenario.store.history.snapshot()
    return [e.key.name for e in events if isinstance(e, WriteEvent) and e.kind != "create"]


def status(local, name):
    return local.ok("DescribeEndpoint", {"EndpointName": name})["EndpointStatus"]


def steps(local, operation, body):
    """Return the steps of a request, and its answer as the last of them."""
    headers = {"content-type": JSON, "x-amz-target": f"SageMaker.{operation}"}
    request = local.gateway(Request("POST", headers, body))
    while True:
        try:
            yield next(request)
        except StopIteration as end:
            yield end.value
            return


def test_a_request_writes_some_of_the_transitions_that_are_due_together():
    local = deployed({"creating_seconds": 60})
    local.scenario.clock.advance(60)
    store = local.scenario._store
    before = len(store.history.snapshot())
    local.call("DescribeModel", {"ModelName": "x"})
    assert len(store.history.snapshot()) == before + 2


def test_what_a_request_names_is_up_to_date_whatever_else_is_due():
    local = deployed({"creating_seconds": 60, "deleting_seconds": 5})
    local.scenario.clock.advance(60)
    assert status(local, "e6") == "InService"
    assert "e5" not in transitions(local)
    local.ok("DeleteEndpoint", {"EndpointName": "e5"})
    assert status(local, "e5") == "Deleting"


def test_a_list_waits_for_all_transitions_and_lets_others_be_answered():
    local = deployed({"creating_seconds": 60})
    local.scenario.clock.advance(60)
    *waits, answer = steps(local, "ListEndpoints", b"{}")
    assert waits == [Wait(0)] * 3
    assert answer.body.count(b"InService") == MANY
    assert transitions(local) == [f"e{each}" for each in range(MANY)], "in the order of their names"


def test_transitions_are_written_as_of_the_time_when_they_fell_due():
    local = deployed({"creating_seconds": 60})
    local.scenario.clock.advance(100)
    local.ok("ListEndpoints")
    events = [e for e in local.scenario.store.history.snapshot() if isinstance(e, WriteEvent)]
    assert [e.lsn for e in events] == list(range(1, len(events) + 1))
    assert len({e.at for e in events if e.kind == "update"}) == 1
    assert all(a.at <= b.at for a, b in pairwise(events))


def test_a_superseded_time_is_none():
    local = deployed(
        {
            "system_updates": [{"names": "*", "after_seconds": 10, "seconds": 1}],
            "deleting_seconds": 60,
        }
    )
    for each in range(MANY):
        local.ok("DeleteEndpoint", {"EndpointName": f"e{each}"})
    local.scenario.clock.advance(10)
    *waits, _ = steps(local, "ListEndpoints", b"{}")
    assert len(waits) == 3
    assert status(local, "e0") == "Deleting"


@pytest.mark.parametrize("verb", ["pending", "history", "check", "summary", "settle"])
def test_verbs_see_all_transitions_and_free_the_lock_in_between(verb, monkeypatch):
    pauses = []
    local = deployed({"creating_seconds": 60})
    scenario = local.scenarios[ACCOUNT]
    monkeypatch.setattr(scenario_module, "_pause", lambda: pauses.append(is_free(scenario.state.lock)))
    local.scenario.clock.advance(60)
    from sm_emulator.control.scenario import Scenario

    getattr(Scenario(scenario, lambda: "http://127.0.0.1"), verb)()
    assert pauses == [True] * 3
    assert len(transitions(local)) == MANY


def test_pending_has_the_first_rows_up_to_a_limit_and_a_summary_counts_these(monkeypatch):
    from sm_emulator.control import scenario as control

    local = Local({"preset": "iam-4s"})
    for each in range(MANY):
        local.ok("CreateModel", {"ModelName": f"m{each}", "PrimaryContainer": {"Image": "i"}})
    scenario = control.Scenario(local.scenarios[ACCOUNT], lambda: "http://127.0.0.1")
    rows = scenario.pending()
    assert {row["name"] for row in rows} == {f"m{each}" for each in range(MANY)}
    assert scenario.summary()["pending"] == len(rows)
    monkeypatch.setattr(control, "_MOST_PENDING", 5)
    assert scenario.pending() == rows[:5]
    assert scenario.summary()["pending"] == 5


def is_free(lock):
    from threading import Thread

    got = []
    other = Thread(target=lambda: got.append(lock.acquire(blocking=False)) or lock.release())
    other.start()
    other.join()
    return got == [True]


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
def test_a_list_by_status_is_read_in_parts(order):
    local = deployed({"rules": [{"match": {"names": "e[135]"}, "failure": "image"}]})
    by = {"SortBy": "Status", "MaxResults": 3, "SortOrder": order}
    *waits, _ = steps(local, "ListEndpoints", json.dumps(by).encode())
    assert waits == [Wait(0)] * 3
    seen, page = [], {"NextToken": None}
    while "NextToken" in page:
        page = local.ok("ListEndpoints", {**by, "NextToken": page["NextToken"]})
        seen += [endpoint["EndpointName"] for endpoint in page["Endpoints"]]
    ascending = ["e1", "e3", "e5", "e0", "e2", "e4", "e6"]
    assert seen == (ascending if order == "Ascending" else ascending[::-1])


def listed(part, consistency, monkeypatch):
    """Return a page by status, and what it recorded, when it was read in parts of that size."""
    monkeypatch.setattr(store_module, "PART", part)
    local = deployed(preset=consistency)
    answer = local.call("ListEndpoints", {"SortBy": "Status", "MaxResults": 5})
    return answer.body, answer.read, local.scenario.store.history.snapshot()


@pytest.mark.parametrize(
    "consistency", ["strong", "dynamodb", {"preset": "flapping", "snapshot": "query"}]
)
def test_a_list_by_status_is_one_read_whatever_its_parts(consistency, monkeypatch):
    in_parts = listed(2, consistency, monkeypatch)
    assert in_parts == listed(1000, consistency, monkeypatch)


def test_a_deletion_looks_for_components_in_parts():
    local = deployed(number=2)
    specification = {"ModelName": "m", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}}
    for each in range(MANY):
        members = {"Specification": specification, "RuntimeConfig": {"CopyCount": 1}}
        members |= {"EndpointName": "e0", "InferenceComponentName": f"i{each}"}
        local.ok("CreateInferenceComponent", members)
    *waits, answer = steps(local, "DeleteEndpoint", b'{"EndpointName":"e1"}')
    assert (waits, answer.status) == ([Wait(0)] * 3, 200)
    *waits, answer = steps(local, "DeleteInferenceComponent", b'{"InferenceComponentName":"i6"}')
    assert (waits, answer.status) == ([Wait(0)] * 3, 200)
    *waits, answer = steps(local, "DeleteEndpoint", b'{"EndpointName":"e0"}')
    assert (waits, answer.status) == ([], 400)


def test_a_deletion_sees_a_component_that_is_made_meanwhile():
    local = deployed(number=2)
    specification = {"ModelName": "m", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}}

    def create(name, endpoint):
        members = {"Specification": specification, "RuntimeConfig": {"CopyCount": 1}}
        members |= {"EndpointName": endpoint, "InferenceComponentName": name}
        local.ok("CreateInferenceComponent", members)

    for each in range(2, MANY):
        create(f"i{each}", "e0")
    deletion = steps(local, "DeleteEndpoint", b'{"EndpointName":"e1"}')
    next(deletion)
    create("a", "e1")
    *_, answer = deletion
    assert b"ValidationException" in answer.body


def test_a_quota_is_counted_in_parts():
    local = deployed(quotas={"total": MANY})
    body = b'{"EndpointName":"one-more","EndpointConfigName":"c"}'
    *waits, answer = steps(local, "CreateEndpoint", body)
    assert waits == [Wait(0)] * 3
    assert b"ResourceLimitExceeded" in answer.body
