"""REST JSON of SageMaker's runtime: operations by path, members in headers, blobs as bodies.

Forms were read in transcripts of the runtime (fidelity corpus, rt-*). A blob is represented as a string
of its bytes, one character each (Latin-1), so that lengths are counted in bytes and the contract can
check it.
"""

import re
import struct
from binascii import crc32
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

import orjson

from sm_emulator.catalog import document, service
from sm_emulator.errors import ServiceError
from sm_emulator.wire.awsjson import AWSJSON, UNKNOWN_OPERATION, unknown_operation
from sm_emulator.wire.message import CONTROLS, Outcome, Request, WireProtocol

CONTENT_TYPE = "application/json"
_EVENT_STREAM = "application/vnd.amazon.eventstream"
# The front end's limit: in 2018 it was 5 MB and 4,096 bytes (aws/amazon-sagemaker-examples#245), so we
# assume the model's limit of today, 6 MB, and 4,096 bytes
MAX_BODY = 6 * 1024 * 1024 + 4096
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_CORAL = "http://internal.amazon.com/coral/"
# Errors with status 400 in JSON 1.1, and 403 in REST (derived, as for AccessDeniedException)
_FORBIDDEN = frozenset(
    {
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
# Errors of the service itself; all others name the framework as their origin, as was seen at Lex
_SERVICE = ("ValidationError", "Model", "Internal", "ServiceUnavailable")


def decode(request: Request) -> tuple[str, Any]:
    """Return operation and members. Raises ServiceError."""
    if request.method != "POST":
        raise unknown_operation()
    if len(request.body) > MAX_BODY:
        raise ServiceError("413", f"HTTP content length exceeded {MAX_BODY} bytes.", status=413)
    matches = ((path_of.fullmatch(request.path), name) for path_of, name in _routes())
    name, found = next((name, match) for match, name in matches if match)
    return name, dict(_members(name, found, request))


def encode(operation: str, response: Mapping[str, Any] | None, request_id: str) -> Outcome:
    """Return a success: members in headers, and the blob, the stream or the rest as body."""
    schema = document(operation)
    headers = [("x-amzn-RequestId", request_id)]
    body, rest = b"", {}
    for name, value in (response or {}).items():
        member = _shape(operation, "output")[name]
        match member.get("x-aws-location"):
            case "header":
                text = CONTROLS.sub(" ", value).encode().decode("latin-1")
                headers.append((member["x-aws-name"], text))
            case "payload" if isinstance(value, str):
                body = value.encode("latin-1")
            case "payload":
                headers.append(("Content-Type", _EVENT_STREAM))
                body = b"".join(map(_framed, value))
            case _:
                rest[name] = value
    if rest:
        headers.append(("Content-Type", CONTENT_TYPE))
        body = orjson.dumps(rest)
    return Outcome(schema["x-aws-http"]["status"], tuple(headers), body)


def encode_error(error: ServiceError, request_id: str) -> Outcome:
    """Return an error: the code in x-amzn-ErrorType, message and members in the body."""
    of_request = ("x-amzn-RequestId", request_id)
    match error.status:
        case 404:
            return Outcome(404, (of_request,), UNKNOWN_OPERATION)
        case 413:
            return Outcome(413, (of_request,), (error.message or "").encode())
    origin = "com.amazon.sagemaker/" if error.code.startswith(_SERVICE) else "com.amazon.coral.service/"
    kind = ("x-amzn-ErrorType", f"{error.code}:{_CORAL}{origin}")
    headers = (of_request, kind, ("Content-Type", CONTENT_TYPE))
    status = 403 if error.code in _FORBIDDEN else error.status
    return Outcome(status, headers, orjson.dumps(_error_body(error), option=orjson.OPT_SORT_KEYS))


def _error_body(error: ServiceError) -> dict[str, Any]:
    """Return the body; that of a throttled call is empty (opensearch-project/ml-commons#2429)."""
    if "Throttl" in error.code:
        return {"message": None}
    key = "Message" if error.code.startswith(_SERVICE) else "message"
    return {key: error.message, **error.more}


@cache
def _routes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return a path pattern for each operation; its group is EndpointName."""
    paths = {name: document(name)["x-aws-http"]["path"] for name in service()["runtime"]["operations"]}
    return tuple(
        (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), name) for name, path in paths.items()
    )


@cache
def _shape(operation: str, half: str) -> dict[str, Any]:
    """Return the members of an operation's input or output."""
    schema = document(operation)
    members: dict[str, Any] = schema["$defs"][schema[half]["$ref"].rpartition("/")[2]]["properties"]
    return members


def _members(operation: str, path: re.Match[str], request: Request) -> Iterator[tuple[str, Any]]:
    definitions = document(operation)["$defs"]
    for name, member in _shape(operation, "input").items():
        match member["x-aws-location"]:
            case "uri":
                yield name, unquote(path[member["x-aws-name"]])
            case "payload":
                yield name, request.body.decode("latin-1")
            case _:
                value = request.headers.get(member["x-aws-name"].lower(), "")
                kind = definitions[member["$ref"].rpartition("/")[2]]["x-aws-type"]
                if value:
                    yield name, int(value) if kind == "integer" and _INTEGER.fullmatch(value) else value


def _framed(part: Mapping[str, Any]) -> bytes:
    """Return the frame of one part of a stream: `{"PayloadPart": {"Bytes": …}}`, or an error by name."""
    ((name, members),) = part.items()
    kind, content_type, payload = "exception", CONTENT_TYPE, orjson.dumps(members)
    if "Bytes" in members:
        payload = members["Bytes"].encode("latin-1")
        kind, content_type = "event", "application/octet-stream"
    headers = {f":{kind}-type": name, ":content-type": content_type, ":message-type": kind}
    return _frame(headers, payload)


def _frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return a frame of application/vnd.amazon.eventstream.

    It is its length and that of its headers, the CRC of these eight bytes, headers, payload, and the CRC
    of all before, big-endian. A header is its name, the type 7 (a string) and its value.
    """
    encoded = b"".join(
        struct.pack("!B", len(key)) + key.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for key, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(encoded) + len(payload), len(encoded))
    framed = prelude + struct.pack("!I", crc32(prelude)) + encoded + payload
    return framed + struct.pack("!I", crc32(framed))


RESTJSON = WireProtocol(decode, encode, encode_error)


def protocol_for(path: str) -> WireProtocol:
    """Return the protocol of a path: REST JSON for the runtime's paths, AWS JSON for all others."""
    is_runtime = path != "/" and any(pattern.fullmatch(path) for pattern, _ in _routes())
    return RESTJSON if is_runtime else AWSJSON
