"""The caller, by the headers."""

import pytest

from sm_emulator.wire.call import identify, parse_call
from sm_emulator.wire.message import Request

SIGNED = "AWS4-HMAC-SHA256 Credential={}, SignedHeaders=host, Signature=0"


def test_twelve_digits_are_the_account():
    caller = identify(
        {"authorization": SIGNED.format("111111111111/20260101/eu-west-1/sagemaker/aws4_request")}
    )
    assert (caller.account, caller.region) == ("111111111111", "eu-west-1")


def test_any_other_key_is_the_default_account():
    caller = identify({"authorization": SIGNED.format("AKIA/20260101/us-west-2/sagemaker/aws4_request")})
    assert (caller.account, caller.region) == ("123456789012", "us-west-2")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=", SIGNED.format("a/b")]
)
def test_without_a_readable_scope_the_defaults_hold(authorization):
    caller = identify({"authorization": authorization})
    assert (caller.account, caller.region) == ("123456789012", "us-east-1")


def test_a_session_is_an_access_key_and_a_user_agent():
    headers = {"authorization": SIGNED.format("AKIA/20260101/us-east-1/sagemaker/aws4_request")}
    one, two = identify({**headers, "user-agent": "one"}), identify({**headers, "user-agent": "two"})
    assert one.session != two.session
    assert one.session_name == two.session_name == ""
    assert "AKIA" not in f"{one}"


def test_a_session_can_be_named():
    caller = identify({"x-sm-emulator-session": "deploy", "user-agent": "x"})
    assert (caller.session, caller.session_name) == ("deploy", "deploy")


def test_a_long_name_is_kept_as_a_digest():
    sessions = {identify({"x-sm-emulator-session": end.rjust(60_000)}).session for end in "ab"}
    assert len(sessions) == 2
    assert max(map(len, sessions)) < 100


@pytest.mark.parametrize(("value", "strong"), [("strong", True), ("", False), ("weak", False)])
def test_consistent_reads_are_required_by_header(value, strong):
    assert identify({"x-sm-emulator-consistency": value}).strong is strong


def test_the_features_that_a_user_agent_lists_make_no_other_session():
    agents = ("Boto3/1 md/x#m m/C,D,b cfg/retry-mode#legacy", "Boto3/1 md/x#m m/Z cfg/retry-mode#legacy")
    sessions = {identify({"user-agent": agent}).session for agent in agents}
    assert len(sessions) == 1
    assert sessions.pop().startswith("Boto3/1 ")


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        (
            {"authorization": SIGNED.format("111111111111/20260101/eu-west-1/s3/aws4_request")},
            "",
            ("111111111111", "eu-west-1", "s3"),
        ),
        (
            {"authorization": SIGNED.format("111111111111/20260101/s3/aws4_request")},
            "",
            ("111111111111", "us-east-1", "s3"),
        ),
        ({"authorization": "AWS 111111111111:c2ln"}, "", ("111111111111", "us-east-1", "s3")),
        (
            {},
            "X-Amz-Credential=111111111111%2F20260101%2Feu-west-1%2Fs3%2Faws4_request",
            ("111111111111", "eu-west-1", "s3"),
        ),
        (
            {},
            "AWSAccessKeyId=111111111111&Signature=x&Expires=1",
            ("111111111111", "us-east-1", "s3"),
        ),
        ({}, "list-type=2", ("123456789012", "us-east-1", "")),
    ],
    ids=["v4", "v4a", "v2", "url", "url of v2", "unsigned"],
)
def test_every_way_of_signing_gives_account_region_and_service(headers, query, expected):
    caller = identify(headers, query)
    assert (caller.account, caller.region, caller.service) == expected


@pytest.mark.parametrize(
    ("operation", "payload", "uses"),
    [
        ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}, ("EndpointConfig c",)),
        (
            "CreateEndpointConfig",
            {"EndpointConfigName": "c", "ProductionVariants": [{"ModelName": "m"}, {"ModelName": "n"}]},
            ("Model m", "Model n"),
        ),
        (
            "CreateInferenceComponent",
            {"EndpointName": "e", "Specification": {"ModelName": "m"}},
            ("Endpoint e", "Model m"),
        ),
        ("DescribeEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}, ()),
        ("CreateEndpoint", {"EndpointConfigName": ["c"], "ProductionVariants": {"a": 1}}, ()),
        ("CreateEndpoint", {"ProductionVariants": [None, 1, "x"], "Specification": [1]}, ()),
        ("CreateEndpoint", "text", ()),
    ],
)
def test_a_create_or_update_names_the_resources_that_it_uses(operation, payload, uses):
    call = parse_call(identify({}), Request("POST", {}, b"", "/"))
    call.set_operation(operation, payload)
    assert call.uses == uses


def test_an_observer_is_a_session_of_its_own_that_reads_consistently():
    caller = identify({"x-amz-security-token": "sm-emulator-observer", "user-agent": "x"})
    assert (caller.observes, caller.strong, caller.session) == (True, True, "sm-emulator-observer")
    assert not identify({"x-amz-security-token": "of sts"}).observes
