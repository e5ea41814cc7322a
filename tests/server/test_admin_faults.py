"""The faults of a scenario over the admin API."""

import pytest

from tests.support.admin_client import call, refused
from tests.support.fault_rules import rule


@pytest.fixture
def path(account):
    return f"scenarios/{account}/faults"


def names(answer) -> list[str]:
    assert answer[0] == 200
    return [rule["name"] for rule in answer[1]]


def test_rules_are_replaced_added_read_and_removed(served, path):
    assert call(served, "GET", path) == (200, [])
    assert names(call(served, "PUT", path, [rule(name="a"), rule(name="b")])) == ["a", "b"]
    assert names(call(served, "POST", path, rule("reset", "c"))) == ["a", "b", "c"]
    assert call(served, "PUT", f"{path}/a", {"effect": {"fault": "reset"}})[1]["effect"] == {
        "fault": "reset"
    }
    assert names(call(served, "DELETE", f"{path}/b", {})) == ["a", "c"]
    assert names(call(served, "GET", path)) == ["a", "c"]
    assert names(call(served, "DELETE", path, {})) == []


def test_a_preset_is_used_by_its_name(served, path):
    assert names(call(served, "PUT", path, "throttle-storm")) == ["throttle-storm"]


def test_a_rule_that_can_never_act_is_a_warning(served, path, scenario):
    call(served, "PUT", path, [rule(name="all"), rule("reset", "none", match={"phase": "before"})])
    unreachable = ["faults[1]: 'none' never acts: 'all' always decides the response first"]
    assert call(served, "GET", path.removesuffix("/faults"))[1]["warnings"] == unreachable
    assert scenario.faults.unreachable_rules() == unreachable


def test_a_rule_reports_matches_and_reasons(served, path, sagemaker):
    call(served, "POST", path, rule("throttle", "t", match={"operation": "CreateModel"}))
    with pytest.raises(sagemaker.exceptions.ClientError, match="Could not find model"):
        sagemaker.describe_model(ModelName="m")
    found = call(served, "GET", f"{path}/t")[1]
    assert (found["matched"], found["acted"]) == (0, 0)
    assert found["reasons"] == [
        {
            "condition": "operation",
            "count": 1,
            "last": "'DescribeModel' does not match 'CreateModel'",
        }
    ]


def test_would_predicts_the_effect_on_a_call(served, path):
    match = {"operation": "Create*", "resource": "churn", "attempt": 2, "headers": {"x-test": "a"}}
    call(served, "POST", path, rule("throttle", "t", match=match))

    def would(query: str):
        return call(served, "GET", f"{path}/t?{query}")[1]["would"]

    whole = "operation=CreateModel&resource=churn&attempt=2&x-test=a&region=us-east-1&session=s"
    assert would(whole) == {"acts": True, "condition": None, "reason": None}
    assert would("operation=CreateModel&resource=churn&attempt=1&x-test=a") == {
        "acts": False,
        "condition": "attempt",
        "reason": "1 is not 2",
    }
    answer = call(served, "GET", f"{path}/t?operation=CreateModel&attempt=x")
    assert refused(answer, 400, "InvalidValue")["path"] == "attempt"


def test_an_unknown_rule_is_404(served, path):
    for method in ("GET", "DELETE"):
        error = refused(call(served, method, f"{path}/nope", {}), 404, "NotFound")
        assert error["message"] == "there is no fault 'nope'"


def test_a_used_name_is_409(served, path):
    call(served, "POST", path, rule(name="t"))
    refused(call(served, "POST", path, rule(name="t")), 409, "Conflict")


@pytest.mark.parametrize(
    ("method", "tail", "body", "where"),
    [
        ("PUT", "", {}, "faults"),
        ("PUT", "", [rule("nope")], "faults[0].effect.fault"),
        ("POST", "", 5, "faults[0]"),
        ("POST", "", {"name": "x"}, "faults[0].effect"),
        ("PUT", "/x", [], "faults[0]"),
        ("PUT", "/x", rule(name="y"), "name"),
        ("PUT", "/x y", {"effect": {"fault": "reset"}}, "faults[0].name"),
    ],
)
def test_invalid_rules_change_nothing(served, path, method, tail, body, where):
    call(served, "PUT", path, [rule(name="t")])
    answer = call(served, method, path + tail.replace(" ", "%20"), body)
    assert refused(answer, 400, "InvalidValue")["path"] == where
    assert names(call(served, "GET", path)) == ["t"]


def test_scenarios_have_faults_of_their_own(served, path, account):
    call(served, "PUT", path, "lost-reply")
    other = f"scenarios/{int(account) + 500_000_000_000}/faults"
    assert names(call(served, "GET", other)) == []
    assert call(served, "GET", f"scenarios/{account}")[1]["faults"] == ["lost-reply"]
    assert call(served, "POST", f"scenarios/{account}/reset")[1]["faults"] == []


@pytest.mark.parametrize("depth", [100, 500])
def test_rules_nested_too_deep_are_refused(served, path, depth):
    nested: list = []
    for _ in range(depth):
        nested = [nested]
    refused(call(served, "PUT", path, nested), 400, "InvalidValue")
    lag = {"dist": "mixture", "parts": [{"weight": 1, "lag": nested}]}
    consistency = {"rules": [{"name": "x", "lag": lag}]}
    reply = call(served, "PUT", path.replace("/faults", "/consistency"), consistency)
    refused(reply, 400, "InvalidValue")


def test_a_glob_that_is_too_long_is_refused(served, path):
    journal = path.replace("/faults", "/journal")
    refused(call(served, "GET", f"{journal}?resource={'[' * 50_000}"), 400, "InvalidValue")
    assert call(served, "GET", f"{journal}?resource={'[' * 1024}")[0] == 200
