"""Is an answer what AWS's own model says, and can botocore read it? Checked for every answer in every test."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.eventstream
import botocore.parsers
import botocore.session
import jsonschema_rs
from botocore.compat import HTTPHeaders

from sm_emulator.catalog import document
from sm_emulator.wire.message import Outcome

_SERVICE = botocore.session.Session().get_service_model("sagemaker")
_RUNTIME = botocore.session.Session().get_service_model("sagemaker-runtime")
_PARSER = botocore.parsers.create_parser("json")
_REST_PARSER = botocore.parsers.create_parser("rest-json")


# What the model requires and the service was seen to leave out (a recording of 2021)
_LEFT_OUT = {"DataCaptureConfigSummary": {"KmsKeyId"}}


@cache
def _output(operation: str) -> jsonschema_rs.Draft202012Validator | None:
    schema = document(operation)
    if schema["output"].get("maxProperties") == 0:
        return None
    definitions = {**schema["$defs"]}
    for name in _LEFT_OUT.keys() & definitions.keys():
        required = set(definitions[name]["required"]) - _LEFT_OUT[name]
        definitions[name] = {**definitions[name], "required": sorted(required)}
    return jsonschema_rs.Draft202012Validator({**schema["output"], "$defs": definitions})


def conforms(operation: str, outcome: Outcome, body: object) -> None:
    """Check an answer by the output schema, and that botocore loses nothing of it."""
    validator = _output(operation)
    if validator is None:
        assert outcome.body == b"", "operations without an output answer with nothing"
        return
    assert [error.message for error in validator.iter_errors(body)] == []
    raw = {
        "status_code": outcome.status,
        "headers": dict(outcome.headers),
        "body": outcome.body,
    }
    parsed = _PARSER.parse(raw, _SERVICE.operation_model(operation).output_shape)
    assert set(parsed) - {"ResponseMetadata"} == set(body)


def parsed_rest(operation: str, outcome: Outcome) -> dict[str, Any]:
    """Return the response of the runtime that botocore parses; of an error, its `Error`."""
    headers = HTTPHeaders.from_pairs(outcome.headers)
    raw = {"status_code": outcome.status, "headers": headers, "body": outcome.body, "context": {}}
    shape = _RUNTIME.operation_model(operation).output_shape
    if outcome.status < 300 and "payload" in shape.serialization:
        raw["body"] = None  # botocore hands it on as it comes
    return _REST_PARSER.parse(raw, shape)


def conforms_rest(operation: str, outcome: Outcome) -> dict[str, Any]:
    """Check a success of the runtime by the output schema; gives what botocore reads of it.

    A stream's Body is the list of its events.
    """
    schema = document(operation)
    assert outcome.status == schema["x-aws-http"]["status"]
    parsed = parsed_rest(operation, outcome)
    del parsed["ResponseMetadata"]
    if operation == "InvokeEndpoint":
        parsed["Body"] = outcome.body
    plain = {
        name: value.decode("latin-1") if isinstance(value, bytes) else value
        for name, value in parsed.items()
    }
    if operation == "InvokeEndpointWithResponseStream":
        assert dict(outcome.headers)["Content-Type"] == "application/vnd.amazon.eventstream"
        parsed["Body"] = events(outcome.body)
        plain["Body"] = {}
    validator = _output(operation)
    assert validator
    assert [error.message for error in validator.iter_errors(plain)] == []
    return parsed


def events(body: bytes) -> list[tuple[str, bytes]]:
    """Read frames with botocore, which checks their CRCs; gives type and payload of each."""
    buffer = botocore.eventstream.EventStreamBuffer()
    buffer.add_data(body)
    read = [event.to_response_dict() for event in buffer]
    return [
        (each["headers"].get(":event-type") or each["headers"][":exception-type"], each["body"])
        for each in read
    ]
