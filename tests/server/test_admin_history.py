"""The admin API: what each replica holds, the history, and its check."""

import json
import re

import pytest

from sm_emulator.server.app import create_app
from tests.support.admin_client import call, refused

CONFIG = {
    "EndpointConfigName": "c",
    "ProductionVariants": [
        {
            "VariantName": "v",
            "ModelName": "m",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
    ],
    "Tags": [{"Key": "a", "Value": "b"}],
}
LATE = {
    "replicas": {"choice": "round_robin"},
    "bounds": {"max_lag": "10s"},
    "rules": [{"name": "slow", "lag": {"dist": "constant", "value": "10s"}}],
}


@pytest.fixture
def path(account):
    return f"scenarios/{account}"


@pytest.fixture
def created(scenario, sagemaker):
    """A settled model, and a configuration that two of three replicas lack for ten seconds."""
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    scenario.consistency(LATE)
    sagemaker.create_endpoint_config(**CONFIG)


@pytest.mark.usefixtures("created")
def test_a_resource_is_shown_as_each_replica_would_return_it(served, path):
    status, found = call(served, "GET", f"{path}/resources/EndpointConfig/c")
    assert status == 200
    assert found["leader"]["request"]["ProductionVariants"][0]["InitialVariantWeight"] == 1.0
    assert found["leader"]["tags"] == CONFIG["Tags"]
    assert {s: [r["stale"] for r in replicas] for s, replicas in found["surfaces"].items()} == {
        "describe": [0, 1, 1],
        "load": [0, 1, 1],
        "list": [1, 1, 1],
    }
    first, second, _ = found["surfaces"]["load"]
    assert first == {
        "replica": 0,
        "stale": 0,
        "age": 0.0,
        "rule": "slow",
        "value": found["leader"],
    }
    assert second["value"] is None


@pytest.mark.usefixtures("created")
def test_inspecting_a_resource_does_not_count_as_a_read(served, path, scenario):
    before = scenario.history()
    call(served, "GET", f"{path}/resources/EndpointConfig/c")
    assert scenario.history() == before


def test_settled_and_absent_resources_are_the_same_on_all_replicas(served, path, sagemaker):
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    found = call(served, "GET", f"{path}/resources/Model/m")[1]
    assert {r["stale"] for replicas in found["surfaces"].values() for r in replicas} == {0}
    absent = call(served, "GET", f"{path}/resources/Endpoint/none?region=eu-west-1")[1]
    assert (absent["region"], absent["leader"]) == ("eu-west-1", None)
    assert {r["value"] for replicas in absent["surfaces"].values() for r in replicas} == {None}
    assert set(absent["surfaces"]) == {"describe", "load", "list"}


def test_rules_for_single_operations_are_inspected_by_operation(served, path, scenario, sagemaker):
    rule = {"name": "x", "reads": 1, "match": {"operations": ["UpdateEndpoint"], "surfaces": ["load"]}}
    scenario.consistency({"rules": [rule]})
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    sagemaker.create_endpoint_config(**CONFIG)
    of = f"{path}/resources/EndpointConfig/c"
    assert [r["stale"] for r in call(served, "GET", of)[1]["surfaces"]["load"]] == [0, 0, 0]
    of += "?operation=UpdateEndpoint"
    assert [r["stale"] for r in call(served, "GET", of)[1]["surfaces"]["load"]] == [1, 1, 1]


def test_an_unknown_type_is_refused_with_a_suggestion(served, path):
    error = refused(call(served, "GET", f"{path}/resources/EndpointConfg/c"), 400, "InvalidValue")
    assert error["path"] == "type"
    assert "EndpointConfig" in error["message"]


@pytest.mark.usefixtures("created")
def test_the_history_has_reads_and_writes_with_their_versions(served, path, sagemaker):
    sagemaker.describe_endpoint_config(EndpointConfigName="c")
    found = call(served, "GET", f"{path}/history")[1]
    assert found["dropped"] == 0
    kinds = [event["event"] for event in found["events"]]
    assert kinds == ["consistency", "write", "consistency", "read", "write", "read"]
    load, write, read = found["events"][3:]
    assert (load["type"], load["surface"], load["operation"]) == (
        "Model",
        "load",
        "CreateEndpointConfig",
    )
    assert (write["name"], write["kind"], write["version"]) == ("c", "create", 1)
    assert (read["surface"], read["replica"], read["version"], read["latest"]) == ("describe", 0, 1, 1)


@pytest.mark.usefixtures("created")
def test_the_history_is_checked_against_guarantees_in_force_or_given(served, path, sagemaker):
    sagemaker.describe_endpoint_config(EndpointConfigName="c")
    with pytest.raises(sagemaker.exceptions.ClientError):
        sagemaker.describe_endpoint_config(EndpointConfigName="c")
    assert call(served, "POST", f"{path}/check", {}) == (
        200,
        {"ok": True, "events": 7, "dropped": 0, "violation": None},
    )
    found = call(served, "POST", f"{path}/check", {"session": ["mr"]})[1]
    assert not found["ok"]
    assert found["violation"]["guarantee"] == "monotonic reads"
    assert [event["replica"] for event in found["violation"]["events"]] == [0, 1]


@pytest.mark.parametrize(
    "body",
    [
        *({"session": ["x"]}, {"session": "mr"}, {"guarantees": []}),
        *(
            {"session": [[]]},
            {"session": [{}]},
            {"session": 5},
            {"session": {}},
            {"session": ["mr", None]},
        ),
    ],
    ids=str,
)
def test_a_check_of_an_unknown_guarantee_is_refused(served, path, body):
    refused(call(served, "POST", f"{path}/check", body), 400, "InvalidValue")


def test_rules_that_never_match_are_warnings(served, path, scenario):
    shadowed = {"rules": [LATE["rules"][0], {"name": "shadowed", "reads": 1}]}
    status, summary = call(served, "PUT", f"{path}/consistency", shadowed)
    assert status == 200
    assert summary["warnings"] == [
        "consistency.rules[1]: never matches: the earlier rule 'slow' matches all of its reads"
    ]
    with pytest.warns(UserWarning, match="never matches"):
        scenario.consistency(shadowed)


def test_the_api_describes_every_route_that_there_is(served):
    found = call(served, "GET", "openapi.json")[1]
    described = {
        (verb.upper(), re.sub(r"{\w+}", "{}", path))
        for path, verbs in found["paths"].items()
        for verb in verbs
    }
    app = create_app(served.gateway, served.control, [])
    there_are = {
        (method, re.sub(r"<\w+>", "{}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.") and not rule.endpoint.endswith("unknown")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == there_are


def test_the_description_holds_together(served):
    found = call(served, "GET", "openapi.json")[1]
    assert found["openapi"] == "3.1.0"
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(found)))
    assert references <= set(found["components"]["schemas"])
    assert {"consistency", "rule", "lag", "error"} <= references
    for path, verbs in found["paths"].items():
        for verb, operation in verbs.items():
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            assert "requestBody" not in operation or verb != "get"


@pytest.mark.slow
def test_long_lists_come_whole(served, path, scenario, sagemaker):
    scenario.consistency("adversarial")
    for i in range(180):
        sagemaker.create_model(ModelName=f"m{i}", PrimaryContainer={"Image": "i"})
        sagemaker.list_models(MaxResults=1)
    pending, history = scenario.pending(), scenario.history()
    assert len(pending) > 500
    assert len(history["events"]) > 180
    assert call(served, "GET", f"{path}/pending") == (200, pending)
    assert call(served, "GET", f"{path}/history") == (200, history)
    assert call(served, "GET", f"{path}/journal")[1] == scenario.journal().as_json()
