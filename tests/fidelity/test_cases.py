"""Every case of the fidelity corpus that can be reached is a test; the rest is listed with reasons.

The list is `differences.toml`, which docs/operations.md shows. `cases.jsonl` holds what AWS answers, case
by case, with source and confidence: verbatim (read in a transcript of that very operation), derived (of a
sibling, or computed), guess (the text is not asserted).
"""

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sm_emulator.auth.verifier import Credential, verifier
from sm_emulator.catalog import service, table
from sm_emulator.contract.sentences import enum_order
from sm_emulator.operations import state
from sm_emulator.operations.registry import OPERATIONS
from sm_emulator.wire.message import Request
from tests.support.fault_rules import rule
from tests.support.local_gateway import JSON, VARIANT, Local
from tests.support.signing import at, signed

CASES = {
    case["id"]: case
    for case in map(json.loads, (Path(__file__).parent / "cases.jsonl").read_text().splitlines())
}

RUNTIME = set(service()["runtime"]["operations"])
DIFFERENCES = tomllib.loads((Path(__file__).parent / "differences.toml").read_text())
UNREACHABLE, FOREIGN = DIFFERENCES["cases"], DIFFERENCES["operations"]

# FailureReason in DescribeEndpoint, by the name that `lifecycle.rules` has for it
FAILURES = {
    "fr-ping": "ping",
    "fr-ice-old": "capacity",
    "fr-internal": "internal",
    "fr-download": "download",
    "fr-image": "image",
    "fr-start": "start",
    "fr-serverless-image": "image-size",
    "fr-az": "zones",
}
# Dated texts: the grammar is tested with the pattern or list of then, in the tests below
DATED = {
    "v-config-model-name-regex-2021",
    "v-model-name-regex-2024",
    "v-instance-type-enum-2020",
    "v-training-enum-2018",
}


def config(**members: Any) -> dict[str, Any]:
    return {"EndpointConfigName": "c", "ProductionVariants": [VARIANT], **members}


def model(**members: Any) -> dict[str, Any]:
    return {"ModelName": "m2", "PrimaryContainer": {"Image": "i"}, **members}


def variant(**members: Any) -> dict[str, Any]:
    return {**VARIANT, **members}


NO_INSTANCE = {"VariantName": "v", "ModelName": "m"}
SERVERLESS = {**NO_INSTANCE, "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}}
SCALING = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}

# Requests of cases that give none
REQUESTS: dict[str, dict[str, Any]] = {
    "cfg-mis-not-supported": config(
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://b/o"}},
        ExecutionRoleArn="arn:aws:iam::123456789012:role/r",
        ProductionVariants=[
            {
                "VariantName": "v",
                "InstanceType": "ml.g5.4xlarge",
                "InitialInstanceCount": 1,
                "ManagedInstanceScaling": SCALING,
            }
        ],
    ),
    "cfg-serverless-model-data-source": config(
        ProductionVariants=[{**SERVERLESS, "ModelName": "uncompressed"}]
    ),
    "cfg-shadow-two-production": config(
        ProductionVariants=[variant(VariantName="a"), variant(VariantName="b")],
        ShadowProductionVariants=[variant(VariantName="s")],
    ),
    "cfg-serverless-multi-variant": config(
        ProductionVariants=[SERVERLESS, {**SERVERLESS, "VariantName": "w"}]
    ),
    "create-tags-aws-prefix": config(Tags=[{"Key": "aws:x", "Value": "y"}]),
    "float-for-int": config(ProductionVariants=[variant(InitialInstanceCount=1.5)]),
    "r-async-1001": config(
        AsyncInferenceConfig={
            "OutputConfig": {"S3OutputPath": "s3://b/o"},
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1001},
        }
    ),
    "e-mode": model(PrimaryContainer={"Image": "i", "Mode": "Zzz"}),
    "e-exec-mode": model(InferenceExecutionConfig={"Mode": "Zzz"}),
    "e-repo-access": model(
        PrimaryContainer={"Image": "i", "ImageConfig": {"RepositoryAccessMode": "Zzz"}}
    ),
    "e-accelerator": config(ProductionVariants=[variant(AcceleratorType="Zzz")]),
    "e-routing": config(ProductionVariants=[variant(RoutingConfig={"RoutingStrategy": "Zzz"})]),
}


def prepare(local: Local) -> None:
    """Arrange what most cases take for given: the models that configurations name."""
    local.model("m")
    source = {
        "S3DataSource": {"S3Uri": "s3://b/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    }
    local.model("uncompressed", PrimaryContainer={"Image": "i", "ModelDataSource": source})


def an_endpoint(local: Local) -> None:
    local.config("c")
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})


def an_endpoint_of_that_name(local: Local) -> None:
    local.config("my-cfg")
    local.ok("CreateEndpoint", {"EndpointName": "my-ep", "EndpointConfigName": "my-cfg"})


def an_endpoint_and_a_new_configuration(local: Local) -> None:
    local.config("old")
    local.ok("CreateEndpoint", {"EndpointName": "my-ep", "EndpointConfigName": "old"})
    local.config("new")


def an_endpoint_whose_configuration_is_deleted(local: Local) -> None:
    an_endpoint_and_a_new_configuration(local)
    local.ok("DeleteEndpointConfig", {"EndpointConfigName": "old"})


def an_endpoint_and_a_serverless_configuration(local: Local) -> None:
    an_endpoint(local)
    local.config("serverless-cfg", ProductionVariants=[SERVERLESS])


def a_configuration(**members: Any) -> Callable[[Local], None]:
    """Arrange a configuration c of one variant."""

    def arrange(local: Local) -> None:
        local.config("c", ProductionVariants=[variant(**members)])

    return arrange


def three_instances_and_a_configuration(local: Local) -> None:
    local.config("three", ProductionVariants=[variant(InitialInstanceCount=3)])
    local.ok("CreateEndpoint", {"EndpointName": "other", "EndpointConfigName": "three"})
    local.config("c")


def an_endpoint_of_997_instances(local: Local) -> None:
    local.config("c", ProductionVariants=[variant(VariantName="v", InitialInstanceCount=997)])
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})


def an_endpoint_with_a_component(local: Local, name: str = "x", **specification: Any) -> None:
    local.config("c", ProductionVariants=[variant()])
    local.call("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    members = {"InferenceComponentName": name, "EndpointName": "e", "Specification": specification}
    local.ok("CreateInferenceComponent", members)


def a_base_and_its_adapter(local: Local) -> None:
    an_endpoint_with_a_component(local, "base", ModelName="m")
    adapter = {"BaseInferenceComponentName": "base"}
    members = {"InferenceComponentName": "a", "EndpointName": "e", "Specification": adapter}
    local.ok("CreateInferenceComponent", members)


def a_component_that_is_being_deleted(local: Local) -> None:
    an_endpoint_with_a_component(local, "x", ModelName="m")
    local.ok("DeleteInferenceComponent", {"InferenceComponentName": "x"})


def a_model_in_use(local: Local) -> None:
    local.model("used")
    local.config("c", ProductionVariants=[variant(ModelName="used")])


def a_configuration_in_use(local: Local) -> None:
    local.config("used")
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "used"})


GIVEN: dict[str, Callable[[Local], None]] = {
    "create-endpoint-exists": an_endpoint_of_that_name,
    "create-endpoint-config-exists": lambda local: local.config("my-cfg"),
    "delete-endpoint-config-in-use": a_configuration_in_use,
    "create-endpoint-quota-zero": a_configuration(),
    "create-endpoint-quota-zero-new-tail": a_configuration(
        InstanceType="ml.m4.xlarge", InitialInstanceCount=2
    ),
    "create-endpoint-quota-total": three_instances_and_a_configuration,
    "quota-delta-utilization": an_endpoint_of_997_instances,
    "delete-endpoint-with-ic": an_endpoint_with_a_component,
    "ic-base-in-use": a_base_and_its_adapter,
    "ic-deleting": a_component_that_is_being_deleted,
    "delete-model-in-use": a_model_in_use,
    "update-endpoint-old-config-deleted": an_endpoint_whose_configuration_is_deleted,
    "update-endpoint-in-progress": an_endpoint_and_a_new_configuration,
    "delete-endpoint-in-progress": an_endpoint_and_a_new_configuration,
    "update-realtime-to-serverless": an_endpoint_and_a_serverless_configuration,
    "update-weights-variant-missing": an_endpoint_of_that_name,
    "update-weights-variant-duplicate": an_endpoint_of_that_name,
    "update-weights-in-progress": an_endpoint_of_that_name,
    "listtags-arn-case": an_endpoint_of_that_name,
    "ok-delete-empty": an_endpoint,
    "ok-describe": an_endpoint,
    "ok-describe-creating": an_endpoint,
    "throttle": an_endpoint,
    "unknown-member": an_endpoint,
}
BEHAVIOUR: dict[str, dict[str, Any]] = {
    "ok-describe-creating": {"life": {"creating_seconds": 60.0}},
    "update-endpoint-in-progress": {"life": {"creating_seconds": 60.0}},
    "update-weights-in-progress": {"life": {"creating_seconds": 60.0}},
    "delete-endpoint-in-progress": {"life": {"creating_seconds": 60.0}},
    "create-endpoint-quota-zero": {"quotas": {"instances": {"ml.m5.large": 0}}},
    "create-endpoint-quota-zero-new-tail": {
        "quotas": {"instances": {"ml.m4.xlarge": 0}, "text": "service-quotas"}
    },
    "create-endpoint-quota-total": {"quotas": {"total": 3}},
    "quota-delta-utilization": {"quotas": {"instances": {"ml.m5.large": 1000}}},
    "quota-not-at-config": {"quotas": {"instances": {"ml.p4d.24xlarge": 0}}},
    "ic-deleting": {"life": {"deleting_seconds": 60.0}},
    "cfg-kms-nvme-2026": {"kms_with_local_storage": True},
    "throttle": {"faults": [rule("throttle", match={"operation": "DescribeEndpoint"})]},
}


# When the texts of refused signatures were seen, in seconds since 1970
THEN = at("20130609T100015Z")
CREDENTIALS = {
    "AKID": Credential("secret"),
    "EXPIRED": Credential("secret", "token", expires=THEN - 1),
}
SIGNATURES: dict[str, dict[str, str]] = {
    "unrecognized-client": signed("NOBODY", "secret", THEN),
    "expired-token": signed("EXPIRED", "secret", THEN, token="token"),
    "bad-signature": signed("AKID", "another secret", THEN),
    "signature-expired": signed("AKID", "secret", at("20130301T000000Z")),
    "credential-scope-region": signed("AKID", "secret", THEN, region="c"),
    "credential-scope-service": signed("AKID", "secret", THEN, service="s3"),
    "incomplete-signature": {"authorization": "AWS4-HMAC-SHA256"},
    "missing-auth": {},
}


def is_ours(case: dict[str, Any]) -> bool:
    """Return whether a case is tested here; the runtime's are in test_runtime_cases.py."""
    return case["operation"] in {*OPERATIONS, "(any)"} - RUNTIME


TESTED = [
    case
    for case in CASES.values()
    if is_ours(case) and case["id"] not in {*UNREACHABLE, *DATED, *FAILURES}
]


def answer_to(case: dict[str, Any]) -> tuple[Local, Any]:
    if case["id"] in SIGNATURES:
        verify = verifier(CREDENTIALS)
        local = Local(verify=lambda request, _: verify(request, THEN))
        target = {"content-type": JSON, "x-amz-target": "SageMaker.DescribeEndpoint"}
        return local, local.exchange(Request("POST", {**target, **SIGNATURES[case["id"]]}, b"{}"))
    local = Local(**BEHAVIOUR.get(case["id"], {}))
    prepare(local)
    GIVEN.get(case["id"], lambda _: None)(local)
    if case["operation"] != "(any)":
        request = REQUESTS.get(case["id"], case["request"])
        assert request is not None, "the case gives no request, so REQUESTS must"
        return local, local.call(case["operation"], request)
    if case["id"] == "get-root":
        return local, local.send(b"", method="GET")
    raw = case["request"]
    headers = {"Content-Type": JSON, "X-Amz-Target": "SageMaker.DescribeEndpoint"}
    headers = raw.get("_raw_headers", headers)
    named = {name.lower().replace("-", "_"): value for name, value in headers.items()}
    return local, local.send(raw["_raw_body"].encode(), **named)


@pytest.mark.parametrize("case", TESTED, ids=[f"{case['id']}-{case['confidence']}" for case in TESTED])
def test_answers_as_the_case_says(case: dict[str, Any]):
    _, answer = answer_to(case)
    assert answer.status == case["status"]
    if case["status"] == 404:
        assert answer.outcome.body.decode() == case["body"]
        return
    if case["code"] is not None:
        assert answer.code == case["code"]
    if case["confidence"] == "guess" or case["message"] is None:
        pass  # refused, or accepted, is all that is known
    elif case.get("match") == "prefix":
        assert answer.message.startswith(case["message"])
    elif case.get("match") == "contains":
        assert case["message"] in answer.message
    else:
        # the transcript hides its instance type
        assert answer.message.replace("ml.m5.large", "ml.xx.xxxxxx") == case["message"].replace(
            "ml.m5.large", "ml.xx.xxxxxx"
        )
    if "body" in case and "…" not in case["body"]:
        assert answer.outcome.body.decode() == case["body"]


@pytest.mark.parametrize("case_id", FAILURES)
def test_a_failed_endpoint_has_the_reason_of_the_case(case_id: str):
    case = CASES[case_id]
    local = Local(life={"rules": [{"failure": FAILURES[case_id]}]})
    prepare(local)
    an_endpoint(local)
    response = local.ok("DescribeEndpoint", case["request"])
    assert response["EndpointStatus"] == "Failed"
    assert response["FailureReason"] == case["message"].replace("ml.x ", "ml.m5.large ")


def test_every_failure_that_can_be_set_is_one_of_the_corpus():
    assert {*FAILURES.values(), state.ALARM} == set(table("refusals")["failures"]), (
        "no text of an alarm is public"
    )


@pytest.mark.parametrize("case_id", sorted(REQUESTS))
def test_a_request_given_here_is_refused_for_no_other_reason(case_id: str):
    """One error, or the semantic one: no second mistake may hide in a request of the tests."""
    _, answer = answer_to(CASES[case_id])
    if answer.status == 400 and "validation error" in answer.message:
        assert answer.message.startswith("1 validation error detected: ")


def test_while_creating_describe_shows_six_members_and_no_more():
    _, answer = answer_to(CASES["ok-describe-creating"])
    assert set(answer.body) == set(re.findall(r'"(\w+)":', CASES["ok-describe-creating"]["body"]))
    assert answer.body["EndpointStatus"] == "Creating"
    assert answer.body["CreationTime"] == answer.body["LastModifiedTime"]


@pytest.mark.parametrize("case_id", ["v-config-model-name-regex-2021", "v-model-name-regex-2024"])
def test_texts_with_patterns_of_then_hold_with_the_pattern_of_today(case_id: str):
    case = CASES[case_id]
    _, answer = answer_to(case)
    today = "[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?"
    assert answer.message == re.sub(r"pattern: .*$", lambda _: f"pattern: {today}", case["message"])


def printed_enum(message: str) -> list[str]:
    return message.split("enum value set: [")[1].rstrip("]").split(", ")


def test_the_enum_list_of_2020_has_the_order_that_the_rule_computes():
    printed = printed_enum(CASES["v-instance-type-enum-2020"]["message"])
    document = json.loads(
        (Path(__file__).parents[2] / "schemas" / "CreateEndpointConfig.json").read_text()
    )
    types = document["$defs"]["ProductionVariantInstanceType"]["enum"]
    in_model_order = [value for value in types if value in printed]
    gone = [value for value in printed if value not in types]
    assert not gone
    assert enum_order(in_model_order) == printed


def test_the_enum_list_of_2018_has_an_order_that_the_rule_computes():
    """The order of the model of then is not known here: ties are taken as they were printed."""
    printed = printed_enum(CASES["v-training-enum-2018"]["message"])
    assert enum_order(reversed(printed)) == printed


def test_every_case_is_tested_or_listed_with_its_reason():
    runtime = {case["id"] for case in CASES.values() if case["operation"] in RUNTIME} - set(UNREACHABLE)
    tested = {case["id"] for case in TESTED} | DATED | set(FAILURES) | runtime
    backend = {case["id"] for case in CASES.values() if case["operation"] in FOREIGN}
    assert tested | set(UNREACHABLE) | backend == set(CASES)
    assert not tested & {*UNREACHABLE, *backend}
    assert not backend & set(UNREACHABLE)
    assert all([*UNREACHABLE.values(), *FOREIGN.values()])


def test_listed_foreign_operations_are_not_implemented_and_have_cases():
    assert not set(FOREIGN) & set(OPERATIONS)
    assert set(FOREIGN) <= {case["operation"] for case in CASES.values()}


def test_no_case_is_listed_twice():
    lines = (Path(__file__).parent / "cases.jsonl").read_text().splitlines()
    assert len(lines) == len(CASES) == 155
