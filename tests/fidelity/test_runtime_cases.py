"""The cases of the runtime: each is arranged, requested, and answered as in the corpus."""

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sm_emulator.catalog import service
from tests.support.local_gateway import VARIANT, Answer, Local

RUNTIME = service()["runtime"]["operations"]
CASES = {
    case["id"]: case
    for case in map(json.loads, (Path(__file__).parent / "cases.jsonl").read_text().splitlines())
    if case["operation"] in RUNTIME
}
DIFFERENCES = tomllib.loads((Path(__file__).parent / "differences.toml").read_text())
UNREACHABLE = set(DIFFERENCES["cases"]) & set(CASES)
SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
NO_MODEL = {"VariantName": "v", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
# A transcript's account, region and endpoint, out of its text
WHERE = re.compile(r"//([a-z0-9-]+)\.console.*Endpoints/(\S+) in account (\d+)")


def deployed(name: str = "e", *models: dict[str, Any], **variant: Any) -> Local:
    local = Local(models=models)
    local.model()
    own = {**VARIANT, **variant}
    if "ServerlessConfig" in variant:
        own = {"VariantName": "v", "ModelName": "m", **variant}
    local.config("c", ProductionVariants=[own])
    local.ok("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": "c"})
    return local


def of_components(copies: int | None = None) -> Local:
    local = Local()
    local.model()
    local.config("c", ProductionVariants=[NO_MODEL])
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    if copies is not None:
        members = {"InferenceComponentName": "i", "EndpointName": "e"}
        made = {"Specification": {"ModelName": "m"}, "RuntimeConfig": {"CopyCount": copies}}
        local.ok("CreateInferenceComponent", {**members, **made})
    return local


def missing(case: dict[str, Any]) -> Answer:
    account = re.search(r"account (\d+)", case["message"])[1]
    name = re.search(r"Endpoint (\S+) of", case["message"])[1]
    key = f"AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/sagemaker/aws4_request"
    return Local().infer(b"x", name, case["operation"], authorization=key)


def throttled() -> Answer:
    local = deployed("e", {"echo": True, "delay": 1}, ServerlessConfig=SERVERLESS)
    under_way = local.way()
    next(under_way)
    return local.infer()


def failing(case: dict[str, Any], *models: dict[str, Any]) -> Answer:
    """Let the model of an endpoint fail, where the transcript's was."""
    region, name, account = WHERE.search(case["message"]).groups()
    key = f"AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/sagemaker/aws4_request"
    local = Local(models=models, models_required=False)
    config = {"EndpointConfigName": "c", "ProductionVariants": [VARIANT]}
    local.ok("CreateEndpointConfig", config, authorization=key)
    endpoint = {"EndpointName": name, "EndpointConfigName": "c"}
    local.ok("CreateEndpoint", endpoint, authorization=key)
    return local.infer(b"x", name, authorization=key)


def saying(case: dict[str, Any]) -> Answer:
    """Let a model answer what the transcript's did."""
    status = int(re.search(r"error \((\d+)\)", case["message"])[1])
    said = re.search(r'with message "(.*)"\. See', case["message"], re.DOTALL)[1]
    return failing(case, {"body": said, "status": status})


REQUESTS: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "rt-not-found": missing,
    "rt-not-found-body": missing,
    "rt-stream-not-found": missing,
    "rt-error-headers": missing,
    "rt-target-model-header": lambda _: deployed("wireframe2code").infer(
        to="wireframe2code", target_model="x"
    ),
    "rt-oversize-serverless": lambda _: deployed(ServerlessConfig=SERVERLESS).infer(
        bytes(4 * 1024 * 1024 + 1)
    ),
    "rt-413": lambda _: deployed().infer(bytes(7 * 1024 * 1024)),
    "rt-ic-required": lambda _: of_components().infer(),
    "rt-ic-not-allowed": lambda _: deployed().infer(inference_component="i"),
    "rt-ic-no-capacity": lambda _: of_components(0).infer(inference_component="i"),
    "rt-async-body": lambda _: deployed().infer(bytes(128_001), how="InvokeEndpointAsync"),
    "rt-model-error-4xx": saying,
    "rt-model-error-model": saying,
    "rt-model-error-5xx": saying,
    "rt-model-timeout": lambda case: failing(case, {"echo": True, "delay": "2m"}),
    "rt-throttle": lambda _: throttled(),
}
# What was other when the transcript was made
DATED: dict[str, tuple[str, str]] = {
    "rt-413": ("5246976", "6295552"),  # 5 MB then, 6 MB now
    "rt-async-body": ("equal to 0", "equal to 128000"),  # a body was not allowed until 2026
    "rt-model-error-model": ("from model", "from primary"),  # the wording of 2018 to 2021
    "rt-model-error-5xx": ("from model", "from primary"),
}


@pytest.mark.parametrize("case_id", sorted(REQUESTS))
def test_answers_as_the_case_says(case_id: str):
    case = CASES[case_id]
    answer = REQUESTS[case_id](case)
    assert answer.status == case["status"]
    if case["code"] == "413":  # no code, no JSON
        assert answer.outcome.body.decode() == case["message"].replace(*DATED[case_id])
        return
    assert answer.code == case["code"]
    assert answer.headers["x-amzn-ErrorType"].startswith(
        f"{case['code']}:http://internal.amazon.com/coral/com.amazon."
    )
    assert answer.headers["Content-Type"] == "application/json"
    if case["message"] is not None:
        expected = case["message"].replace(*DATED.get(case_id, ("", "")))
        expected = expected.replace("{request-id}", answer.headers["x-amzn-RequestId"])
        # the transcript's account is masked, so it is none
        expected = expected.replace("account 12312313 ", "account 123456789012 ")
        assert answer.message == expected
    if "body" in case and "…" not in case["body"]:
        assert answer.outcome.body.decode() == case["body"]
    elif "body" in case:
        assert set(answer.body) == set(re.findall(r'"(\w+)":', case["body"]))


def test_every_case_is_tested_or_listed_with_its_reason():
    assert set(REQUESTS) | UNREACHABLE == set(CASES)
    assert not set(REQUESTS) & UNREACHABLE
