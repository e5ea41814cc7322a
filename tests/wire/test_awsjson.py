"""AWS JSON 1.1, byte by byte."""

from random import Random

import orjson
import pytest

from sm_emulator.errors import ServiceError, serialization, validation
from sm_emulator.wire import awsjson
from sm_emulator.wire.awsjson import MAX_TOKENS, decode, encode, encode_error
from sm_emulator.wire.message import Request

TARGET = {"x-amz-target": "SageMaker.DescribeModel"}


def read(body: bytes, content_type: str = "application/x-amz-json-1.1", method: str = "POST"):
    return decode(Request(method, {"content-type": content_type, **TARGET}, body))


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-amz-json-1.1",
        "application/x-amz-json-1.1; charset=utf-8",
        "Application/X-AMZ-JSON-1.1",
        "application/json",
        "application/json;charset=UTF-8",
    ],
)
def test_both_content_types_are_taken_with_parameters_and_in_any_case(content_type):
    assert read(b'{"ModelName":"m"}', content_type) == ("DescribeModel", {"ModelName": "m"})


@pytest.mark.parametrize(
    "content_type", ["", "application/x-amz-json-1.0", "text/plain", "application/xml"]
)
def test_other_content_types_are_not_aws_json(content_type):
    with pytest.raises(ServiceError) as refusal:
        read(b"{}", content_type)
    assert (refusal.value.code, refusal.value.status) == ("UnknownOperationException", 404)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_not_aws_json(method):
    with pytest.raises(ServiceError) as refusal:
        read(b"{}", method=method)
    assert refusal.value.status == 404


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[" * 50_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        *(b'{"a":"\xff"}', b'{"a":NaN}', b'{"a":Infinity}', b'"\\ud800"', b'{"a":' + b"9" * 400 + b"}"),
        *(b"{}{}", b"{'a':1}", b'\xef\xbb\xbf{"a":1}'),
    ],
    ids=[
        "empty",
        "open",
        "brackets",
        "nested",
        "utf-8",
        "nan",
        "inf",
        "surrogate",
        "400",
        "two",
        "single",
        "bom",
    ],
)
def test_invalid_json_is_a_serialization_exception_without_a_text(body):
    with pytest.raises(ServiceError) as refusal:
        read(body)
    assert (refusal.value.code, refusal.value.message) == ("SerializationException", None)


def test_of_two_members_of_a_name_the_last_counts():
    assert read(b'{"a":1,"a":2}')[1] == {"a": 2}


@pytest.mark.parametrize("target", ["", "SageMaker.Nope", "SageMaker.InvokeEndpoint", "X.DescribeModel"])
def test_a_target_that_is_not_an_operation_of_the_control_plane_is_unknown(target):
    headers = {"content-type": "application/json", "x-amz-target": target}
    with pytest.raises(ServiceError) as refusal:
        decode(Request("POST", headers, b"{}"))
    assert (refusal.value.code, refusal.value.status) == ("UnknownOperationException", 400)


def test_a_success_is_compact_and_has_the_four_headers_but_the_listener_s():
    outcome = encode(
        "DescribeModel", {"ModelArn": "arn", "CreationTime": 1529870369.986, "W": 1.0}, "id"
    )
    assert outcome.body == b'{"ModelArn":"arn","CreationTime":1529870369.986,"W":1.0}'
    assert outcome.headers == (
        ("x-amzn-RequestId", "id"),
        ("Content-Type", "application/x-amz-json-1.1"),
    )
    assert outcome.status == 200


def test_an_operation_without_output_has_an_empty_body():
    assert encode("DescribeModel", None, "id").body == b""


def test_texts_beyond_ascii_go_out_as_utf_8():
    assert encode("DescribeModel", {"a": "é"}, "id").body == '{"a":"é"}'.encode()


def test_a_throttling_error_has_the_58_bytes_that_were_seen():
    outcome = encode_error(ServiceError("ThrottlingException", "Rate exceeded"), "id")
    assert outcome.body == b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
    assert len(outcome.body) == 58
    assert outcome.headers == (
        ("x-amzn-RequestId", "id"),
        ("Content-Type", "application/x-amz-json-1.1"),
    )


def test_a_validation_exception_says_message_in_lower_case():
    assert orjson.loads(encode_error(validation("m"), "id").body) == {
        "__type": "ValidationException",
        "message": "m",
    }


@pytest.mark.parametrize(
    "code", ["SerializationException", "ResourceLimitExceeded", "AccessDeniedException"]
)
def test_other_errors_say_message_with_a_capital(code):
    assert orjson.loads(encode_error(ServiceError(code, "m"), "id").body) == {
        "__type": code,
        "Message": "m",
    }


def test_an_error_without_a_text_has_none():
    assert encode_error(serialization(), "id").body == b'{"__type":"SerializationException"}'


def test_what_is_not_aws_json_gets_29_bytes_that_are_not_either():
    outcome = encode_error(ServiceError("UnknownOperationException", status=404), "id")
    assert outcome.body == b"<UnknownOperationException/>\n"
    assert len(outcome.body) == 29
    assert outcome.headers == (("x-amzn-RequestId", "id"),)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * (MAX_TOKENS + 1),
        b"[" + b"1," * (MAX_TOKENS + 1) + b"1]",
        b"{" + b'"a":1,' * (MAX_TOKENS + 1) + b'"a":1}',
        b'["a",' * (MAX_TOKENS + 1),
        b'{"a":"' + rb"\"" * (10 * MAX_TOKENS + 1) + b'"}',
    ],
    ids=["brackets", "numbers", "members", "strings", "escapes"],
)
def test_a_body_of_too_many_tokens_is_refused_before_it_is_parsed(body):
    with pytest.raises(ServiceError) as refusal:
        read(body)
    assert refusal.value.code == "SerializationException"
    assert refusal.value.message == f"The request has more than {MAX_TOKENS} JSON tokens."


@pytest.mark.parametrize(
    "text", [",[{" * MAX_TOKENS, '"' * MAX_TOKENS, "\\" * MAX_TOKENS, '\\",' * MAX_TOKENS]
)
def test_punctuation_in_strings_is_not_a_token(text):
    assert read(orjson.dumps({"ModelName": text})) == ("DescribeModel", {"ModelName": text})


@pytest.mark.parametrize("end", [b"", b"\\", b'\\"', b"a"])
def test_a_long_string_that_is_not_closed_is_not_json(end):
    with pytest.raises(ServiceError) as refusal:
        read(b'{"a":"' + rb"\"" * MAX_TOKENS + end)
    assert (refusal.value.code, refusal.value.message) == ("SerializationException", None)


@pytest.mark.parametrize("seed", range(200))
def test_exactly_the_tokens_outside_strings_count(seed, monkeypatch):
    chance = Random(seed)
    texts = ["".join(chance.choices(',[{"\\a', k=chance.randrange(9))) for _ in range(9)]
    value = [chance.choice([text, [text], {text: 1}]) for text in texts]
    body = orjson.dumps({"ModelName": value})
    tokens = count_tokens({"ModelName": value})
    monkeypatch.setattr(awsjson, "_PART", chance.randrange(1, 20))
    monkeypatch.setattr(awsjson, "MAX_TOKENS", tokens)
    assert read(body)[1] == {"ModelName": value}
    monkeypatch.setattr(awsjson, "MAX_TOKENS", tokens - 1)
    with pytest.raises(ServiceError):
        read(body)


def count_tokens(value):
    """Count brackets, commas and strings."""
    match value:
        case str():
            return 1
        case list():
            return max(len(value), 1) + sum(map(count_tokens, value))
        case dict():
            return len(value) + sum(1 + count_tokens(part) for part in value.values())
    return 0
