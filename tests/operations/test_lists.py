"""ListModels, ListEndpointConfigs, ListEndpoints: order, pages, filters, tokens, staleness."""

import base64
import re
from hashlib import blake2b

import pytest

from tests.support.local_gateway import ACCOUNT, VARIANT, Local

KINDS = {
    "ListModels": ("Models", "ModelName"),
    "ListEndpointConfigs": ("EndpointConfigs", "EndpointConfigName"),
    "ListEndpoints": ("Endpoints", "EndpointName"),
}
START = 1_767_225_600


def filled(*names: str, **behaviour: object) -> Local:
    """Hold a model, a configuration and an endpoint of each name, made a second apart."""
    local = Local(**behaviour)
    for name in names:
        local.model(name)
        local.config(name, ProductionVariants=[{**VARIANT, "ModelName": name}])
        local.ok("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": name})
        local.scenario.clock.advance(1)
    return local


def names(local: Local, operation: str = "ListModels", **members: object) -> list[str]:
    kind, name = KINDS[operation]
    return [summary[name] for summary in local.ok(operation, members)[kind]]


def pages(local: Local, operation: str = "ListModels", **members: object) -> list[list[str]]:
    kind, name = KINDS[operation]
    found, more = [], dict(members)
    while True:
        answer = local.ok(operation, more)
        found.append([summary[name] for summary in answer[kind]])
        if "NextToken" not in answer:
            return found
        more = {**members, "NextToken": answer["NextToken"]}


@pytest.mark.parametrize("operation", KINDS)
def test_the_last_created_come_first_ten_to_a_page(operation):
    local = filled(*(f"n{i:02}" for i in range(12)))
    assert pages(local, operation) == [[f"n{i:02}" for i in range(11, 1, -1)], ["n01", "n00"]]


@pytest.mark.parametrize("operation", KINDS)
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"SortBy": "Name", "SortOrder": "Ascending"}, "abc"),
        ({"SortBy": "Name"}, "cba"),
        ({"SortBy": "CreationTime", "SortOrder": "Ascending"}, "bca"),
        ({"SortOrder": "Descending"}, "acb"),
    ],
)
def test_lists_are_sorted_as_requested_over_all_pages(operation, members, expected):
    local = filled("b", "c", "a")
    assert pages(local, operation, MaxResults=1, **members) == [[name] for name in expected]
    assert pages(local, operation, MaxResults=100, **members) == [list(expected)]


def test_endpoints_are_sorted_by_status_and_then_by_name():
    local = filled("b", "d", "a", "c", life={"creating_seconds": 2.5})
    assert [e["EndpointStatus"] for e in local.ok("ListEndpoints", {"SortBy": "Name"})["Endpoints"]] == [
        *("InService", "Creating", "InService", "Creating")
    ]
    ascending = {"SortBy": "Status", "SortOrder": "Ascending", "MaxResults": 3}
    assert pages(local, "ListEndpoints", **ascending) == [["a", "c", "b"], ["d"]]
    assert pages(local, "ListEndpoints", SortBy="Status", MaxResults=2) == [["d", "b"], ["c", "a"]]


def test_summaries_have_the_members_of_their_kind():
    local = filled("a")
    local.scenario.clock.advance(4)
    local.config("other", ProductionVariants=[{**VARIANT, "ModelName": "a"}])
    local.ok("UpdateEndpoint", {"EndpointName": "a", "EndpointConfigName": "other"})
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
    assert local.ok("ListModels") == {
        "Models": [{"ModelName": "a", "ModelArn": f"{arn}:model/a", "CreationTime": START}]
    }
    assert local.ok("ListEndpointConfigs", {"SortBy": "Name"})["EndpointConfigs"][1] == {
        "EndpointConfigName": "a",
        "EndpointConfigArn": f"{arn}:endpoint-config/a",
        "CreationTime": START,
    }
    assert local.ok("ListEndpoints") == {
        "Endpoints": [
            {
                "EndpointName": "a",
                "EndpointArn": f"{arn}:endpoint/a",
                "CreationTime": START,
                "LastModifiedTime": START + 5,
                "EndpointStatus": "InService",
            }
        ]
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"NameContains": "b"}, ["ab", "b"]),
        ({"NameContains": "B"}, []),
        ({"CreationTimeAfter": START + 1}, ["c", "ab"]),
        ({"CreationTimeBefore": START + 1}, ["b"]),
        ({"CreationTimeAfter": START + 0.5, "CreationTimeBefore": START + 1.5}, ["ab"]),
    ],
)
@pytest.mark.parametrize("operation", KINDS)
def test_filters(operation, members, expected):
    assert names(filled("b", "ab", "c"), operation, **members) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"LastModifiedTimeAfter": START + 2}, ["a"]),
        ({"LastModifiedTimeBefore": START + 2}, ["b"]),
        ({"StatusEquals": "InService"}, ["b", "a"]),
        ({"StatusEquals": "Failed"}, []),
    ],
)
def test_filters_of_endpoints(members, expected):
    local = filled("a", "b")
    local.ok("UpdateEndpoint", {"EndpointName": "a", "EndpointConfigName": "b"})
    assert names(local, "ListEndpoints", **members) == expected


def test_a_page_is_filtered_after_it_was_read_so_it_may_be_empty_and_not_the_last():
    local = filled("x", "b", "c")
    assert pages(local, NameContains="x", MaxResults=1) == [[], [], ["x"]]


def test_filters_may_be_configured_to_come_before_the_page():
    local = filled("x1", "b", "x2", "c", "x3", filter_after_page=False)
    assert pages(local, NameContains="x", MaxResults=1) == [["x3"], ["x2"], ["x1"]]
    assert pages(local, NameContains="x", MaxResults=2) == [["x3", "x2"], ["x1"]]
    assert pages(local, NameContains="none", MaxResults=2) == [[]]
    by_status = {"SortBy": "Status", "NameContains": "x", "MaxResults": 2}
    assert pages(local, "ListEndpoints", **by_status) == [["x3", "x2"], ["x1"]]


LATE = {"name": "late", "match": {"surfaces": ["list"]}, "lag": 60}


@pytest.mark.parametrize(("rules", "empty"), [([], 2), ([LATE], 6)], ids=["filtered", "not visible yet"])
def test_a_page_may_end_early_so_that_a_request_is_answered_in_bounded_time(rules, empty):
    """However many resources there are, and however few of them are shown."""
    local = Local({"rules": rules}, filter_after_page=False)
    for i in range(2100):
        local.call("CreateModel", {"ModelName": f"{'x' if i < 2 else 'm'}-{i}"})
        if i == 1:
            local.scenario.store.settle()
    assert pages(local, NameContains="x", MaxResults=5) == [[]] * empty + [["x-1", "x-0"]]


@pytest.mark.slow
def test_a_list_by_status_has_all_however_many_are_not_visible_yet():
    local = Local({"rules": [{**LATE, "match": {"surfaces": ["list"], "names": "late-*"}}]})
    local.model()
    for i in range(310):
        local.config(f"c-{i}")
        local.ok("CreateEndpoint", {"EndpointName": f"late-{i:03}", "EndpointConfigName": f"c-{i}"})
    local.ok("CreateEndpoint", {"EndpointName": "seen", "EndpointConfigName": "c-0"})
    assert pages(local, "ListEndpoints", SortBy="Status", MaxResults=5) == [["seen"]]


def foreign(token: str) -> str:
    raw = base64.urlsafe_b64decode(token)
    return base64.urlsafe_b64encode(bytes([raw[0] ^ 1]) + raw[1:]).decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda local, token: local.call("ListModels", {"NextToken": foreign(token), "MaxResults": 1}),
        lambda local, token: local.call("ListModels", {"NextToken": token[:5], "MaxResults": 1}),
        lambda local, token: local.call("ListModels", {"NextToken": "é", "MaxResults": 1}),
        lambda local, token: local.call("ListModels", {"NextToken": "", "MaxResults": 1}),
        lambda local, token: local.call("ListEndpoints", {"NextToken": token}),
        lambda local, token: local.call("ListModels", {"NextToken": token, "SortBy": "Name"}),
        lambda local, token: local.call(
            "ListModels",
            {"NextToken": token},
            authorization="AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/sagemaker/aws4_request",
        ),
        lambda local, token: local.call(
            "ListModels",
            {"NextToken": token},
            authorization=f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/eu-west-1/sagemaker/aws4_request",
        ),
    ],
    ids=["changed", "cut", "no-base64", "empty", "operation", "order", "scenario", "region"],
)
def test_a_token_that_was_not_written_for_this_list_is_refused(change):
    local = filled("a", "b")
    token = local.ok("ListModels", {"MaxResults": 1})["NextToken"]
    answer = change(local, token)
    assert (answer.status, answer.code) == (400, "ValidationException")
    assert answer.message == 'Invalid pagination token because "{0}".'


@pytest.mark.parametrize(
    "payload",
    [
        *("5", "null", "{}", "[]", "[null,0,1]", "[null,-1,1]", "[null,1,-1]", "[null,1,1.5]"),
        *('[["a"],0,0]', '[[1.5,"a"],0,0]', '[[1,"a"],1,0]', '[[1,"a",2],0,0]', '["ab",0,0]'),
        *("[[null,null],0,0]", '[{"a":1},0,0]', '[[true,"a"],0,0]', "[[[],[]],0,0]"),
    ],
)
def test_a_token_that_was_forged_is_refused(payload):
    """Its digest has no secret, so anyone can compute it."""
    local = filled("a", "b")
    scope = (ACCOUNT, "us-east-1", "ListModels", [])
    digest = blake2b(payload.encode() + repr(scope).encode(), digest_size=12).digest()
    token = base64.urlsafe_b64encode(digest + payload.encode()).decode()
    answer = local.call("ListModels", {"NextToken": token})
    assert (answer.status, answer.message) == (400, 'Invalid pagination token because "{0}".')
    assert local.gateway.bugs == []


def test_a_token_of_a_fixed_list_expires():
    local = Local({"list": {"snapshot": "query"}})
    for name in "abc":
        local.model(name)
    first = local.ok("ListModels", {"MaxResults": 2})
    local.ok("DeleteModel", {"ModelName": "a"})
    again = {"MaxResults": 2, "NextToken": first["NextToken"]}
    assert names(local, **again) == ["a"], "the first page fixed what all show"
    local.scenarios[ACCOUNT].reset()
    assert local.call("ListModels", again).message == 'Invalid pagination token because "{0}".'


def test_a_list_follows_the_rules_and_shows_it():
    local = Local({"rules": [{"name": "slow", "match": {"surfaces": ["list"]}, "reads": 1}]})
    local.ok("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})
    assert local.ok("DescribeModel", {"ModelName": "m"})["ModelName"] == "m"
    answer = local.call("ListModels")
    assert answer.body == {"Models": []}
    assert re.fullmatch(r"surface=list; replica=[012]; stale=1; age=0; rule=slow", answer.read)
    assert names(local) == ["m"]


def test_strong_on_a_request_makes_its_list_consistent():
    local = Local("adversarial")
    local.ok("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})
    assert names(local) == []
    answer = local.call("ListModels", x_sm_emulator_consistency="strong")
    assert [m["ModelName"] for m in answer.body["Models"]] == ["m"]
    assert answer.read == ""
