"""REST JSON, byte by byte."""

import orjson
import pytest

from sm_emulator.errors import ServiceError, serialization
from sm_emulator.wire.awsjson import AWSJSON
from sm_emulator.wire.message import Request
from sm_emulator.wire.restjson import MAX_BODY, RESTJSON, protocol_for
from tests.support.conformity import events, parsed_rest

PATH = "/endpoints/e/invocations"


def read(body: bytes = b"", path: str = PATH, **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return RESTJSON.decode(Request("POST", named, body, path))


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        (PATH, "InvokeEndpoint"),
        ("/endpoints/e/async-invocations", "InvokeEndpointAsync"),
        ("/endpoints/e/invocations-response-stream", "InvokeEndpointWithResponseStream"),
    ],
)
def test_the_path_names_operation_and_endpoint(path, operation):
    assert protocol_for(path) is RESTJSON
    name, members = read(path=path)
    assert (name, members["EndpointName"]) == (operation, "e")


@pytest.mark.parametrize(
    "path", ["/", "/endpoints/e", "/endpoints/e/invocations/", "/endpoints//invocations", "/bucket/key"]
)
def test_other_paths_are_not_rest(path):
    assert protocol_for(path) is AWSJSON


def test_members_come_from_path_headers_and_body_and_an_empty_header_is_none():
    _, members = read(
        b"\xff",
        "/endpoints/a%2Fb/invocations",
        content_type="text/csv",
        x_amzn_sagemaker_target_variant="v",
        x_amzn_sagemaker_target_model="",
    )
    assert members == {
        "EndpointName": "a/b",
        "Body": "ÿ",
        "ContentType": "text/csv",
        "TargetVariant": "v",
    }


def test_a_number_is_one_and_what_is_none_is_left_for_the_contract():
    path = "/endpoints/e/async-invocations"
    assert read(path=path, x_amzn_sagemaker_requestttlseconds="61")[1]["RequestTTLSeconds"] == 61
    assert read(path=path, x_amzn_sagemaker_requestttlseconds="6x")[1]["RequestTTLSeconds"] == "6x"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_other_methods_are_no_operation(method):
    with pytest.raises(ServiceError) as refusal:
        RESTJSON.decode(Request(method, {}, b"", PATH))
    outcome = RESTJSON.encode_error(refusal.value, "id")
    assert (outcome.status, outcome.body) == (404, b"<UnknownOperationException/>\n")
    assert outcome.headers == (("x-amzn-RequestId", "id"),)


def test_a_body_beyond_the_limit_is_refused_before_anything_else_is_read():
    assert read(bytes(MAX_BODY))
    with pytest.raises(ServiceError) as refusal:
        read(bytes(MAX_BODY + 1))
    outcome = RESTJSON.encode_error(refusal.value, "id")
    assert (outcome.status, outcome.body) == (413, b"HTTP content length exceeded 6295552 bytes.")


def test_a_success_is_headers_and_a_blob():
    members = {"InvokedProductionVariant": "v", "ContentType": "a/b", "Body": "\xff"}
    outcome = RESTJSON.encode("InvokeEndpoint", members, "id")
    assert outcome.headers == (
        ("x-amzn-RequestId", "id"),
        ("x-Amzn-Invoked-Production-Variant", "v"),
        ("Content-Type", "a/b"),
    )
    assert (outcome.status, outcome.body) == (200, b"\xff")


def test_no_member_can_end_its_header_and_all_can_be_sent():
    outcome = RESTJSON.encode("InvokeEndpointAsync", {"OutputLocation": "s3://b/€\r\nX: y"}, "id")
    location = dict(outcome.headers)["X-Amzn-SageMaker-OutputLocation"]
    assert location.encode("latin-1").decode() == "s3://b/€  X: y"


def test_members_without_a_place_are_the_body():
    outcome = RESTJSON.encode(
        "InvokeEndpointAsync", {"InferenceId": "i", "OutputLocation": "s3://b/o"}, "id"
    )
    assert (outcome.status, outcome.body) == (202, b'{"InferenceId":"i"}')
    assert dict(outcome.headers) == {
        "x-amzn-RequestId": "id",
        "X-Amzn-SageMaker-OutputLocation": "s3://b/o",
        "Content-Type": "application/json",
    }


def test_a_stream_is_frames_that_botocore_reads():
    parts = [
        {"PayloadPart": {"Bytes": "\x00\xff"}},
        {"PayloadPart": {"Bytes": ""}},
        {"ModelStreamError": {"Message": "m", "ErrorCode": "StreamBroken"}},
    ]
    outcome = RESTJSON.encode("InvokeEndpointWithResponseStream", {"Body": parts}, "id")
    assert dict(outcome.headers)["Content-Type"] == "application/vnd.amazon.eventstream"
    assert events(outcome.body) == [
        ("PayloadPart", b"\x00\xff"),
        ("PayloadPart", b""),
        ("ModelStreamError", b'{"Message":"m","ErrorCode":"StreamBroken"}'),
    ]


def test_a_frame_is_what_the_format_says():
    """The smallest of AWS's published test vectors has no headers and no payload."""
    from sm_emulator.wire.restjson import _frame

    assert _frame({}, b"").hex() == "000000100000000005c248eb7d98c8ff"


ERRORS = [
    (
        ServiceError("ValidationError", "m", ErrorCode="X"),
        400,
        "ValidationError:{}sagemaker/",
        {"ErrorCode": "X", "Message": "m"},
    ),
    (
        ServiceError("ThrottlingException", "Rate exceeded"),
        400,
        "ThrottlingException:{}coral.service/",
        {"message": None},
    ),
    (
        ServiceError("ServiceUnavailable", "m", status=503),
        503,
        "ServiceUnavailable:{}sagemaker/",
        {"Message": "m"},
    ),
    (
        ServiceError("InternalFailure", status=500),
        500,
        "InternalFailure:{}sagemaker/",
        {"Message": None},
    ),
    (
        ServiceError("InternalDependencyException", "m", status=530),
        530,
        "InternalDependencyException:{}sagemaker/",
        {"Message": "m"},
    ),
    (
        ServiceError("ModelError", "m", status=424, OriginalStatusCode=500),
        424,
        "ModelError:{}sagemaker/",
        {"Message": "m", "OriginalStatusCode": 500},
    ),
    (
        ServiceError("AccessDeniedException", "m", status=403),
        403,
        "AccessDeniedException:{}coral.service/",
        {"message": "m"},
    ),
    (serialization(), 400, "SerializationException:{}coral.service/", {"message": None}),
]


@pytest.mark.parametrize(("error", "status", "kind", "body"), ERRORS, ids=[e[0].code for e in ERRORS])
def test_an_error_names_itself_in_a_header_and_botocore_reads_it(error, status, kind, body):
    outcome = RESTJSON.encode_error(error, "id")
    assert outcome.status == status
    assert dict(outcome.headers) == {
        "x-amzn-RequestId": "id",
        "x-amzn-ErrorType": kind.format("http://internal.amazon.com/coral/com.amazon."),
        "Content-Type": "application/json",
    }
    assert orjson.loads(outcome.body) == body
    read = parsed_rest("InvokeEndpoint", outcome)["Error"]
    assert read["Code"] == error.code
