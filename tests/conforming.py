"""Is an answer what AWS's own model says, and can botocore read it? Asked of every answer in every test."""

from __future__ import annotations

from functools import cache

import botocore.parsers
import botocore.session
import jsonschema_rs

from sm_emulator.catalog import document
from sm_emulator.wire import Outcome

_SERVICE = botocore.session.Session().get_service_model("sagemaker")
_PARSER = botocore.parsers.create_parser("json")


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
