"""AWS JSON 1.1: from bytes to an operation and its payload, and back.

The forms were measured at Athena (the same framework and protocol, 2026-09) or read in dynalite's
observations of DynamoDB; headers and error bodies were seen from SageMaker itself
(aws/aws-sdk#486). docs/limits.md says what is unverified.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson

from sm_emulator.catalog import service
from sm_emulator.errors import ServiceError, serialization
from sm_emulator.wire.message import Outcome, Request, WireProtocol

CONTENT_TYPE = "application/x-amz-json-1.1"
_ACCEPTED = frozenset({CONTENT_TYPE, "application/json"})
# Framework errors say `message`; these, and modeled ones, were seen to say `Message`
_CAPITAL = frozenset({"AccessDeniedException", "SerializationException", "ResourceLimitExceeded"})
# The largest request within the constraints has some 10,000; AWS's limit is not known
MAX_TOKENS = 60_000
_PART = 256 * 1024
# The service's answer to requests that are not AWS JSON: 29 bytes, not JSON (dynalite)
UNKNOWN_OPERATION = b"<UnknownOperationException/>\n"


def decode(request: Request) -> tuple[str, Any]:
    """Return operation and payload. Raises ServiceError.

    The service checks method, content type, JSON and target in this order, so a malformed body takes
    precedence over an unknown target.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or content_type not in _ACCEPTED:
        raise unknown_operation()
    if has_more_tokens(request.body, MAX_TOKENS):
        raise serialization(f"The request has more than {MAX_TOKENS} JSON tokens.")
    try:
        # strict on purpose: no NaN, no invalid UTF-8, no lone surrogate, 1,024 levels at most
        payload = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise serialization() from None
    target = request.headers.get("x-amz-target", "")
    if target not in _targets():
        raise ServiceError("UnknownOperationException")
    return target.partition(".")[2], payload


@cache
def _targets() -> frozenset[str]:
    return frozenset(f"{service()['targetPrefix']}.{name}" for name in service()["operations"])


def has_more_tokens(body: bytes, most: int) -> bool:
    """Return whether a text has more than `most` JSON tokens, whose parsing would delay other requests.

    The quick count includes punctuation in strings; the exact one looks between the quotes. Both stop
    when they have seen enough.
    """
    if len(body) <= most:
        return False
    found = 0
    for part in _parts(body):
        found += _count(part, b',[{"')
        if found > most:
            return _has_more_outside_strings(body, most)
    return False


def _has_more_outside_strings(body: bytes, most: int) -> bool:
    found = backslashes = 0
    is_inside, rest = False, b""
    for part in _parts(body):
        text = rest + part
        if escapes := text.count(b"\\"):
            backslashes += escapes
            text = text.replace(rb"\\", b"").replace(rb"\"", b"")
        rest = b"\\" if text.endswith(b"\\") else b""  # it escapes the first character of the next part
        pieces = text.split(b'"')
        found += (len(pieces) - is_inside) // 2 + _count(b"".join(pieces[is_inside::2]), b",[{")
        is_inside ^= len(pieces) % 2 == 0
        if found > most or backslashes > 10 * most:
            return True
    return False


def _parts(body: bytes) -> Iterator[bytes]:
    """Return a body in parts: while one is searched, no other thread can run."""
    return (body[start : start + _PART] for start in range(0, len(body), _PART))


def _count(text: bytes, characters: bytes) -> int:
    return len(text) - len(text.translate(None, characters))


def encode(_operation: str, response: Mapping[str, Any] | None, request_id: str) -> Outcome:
    """Return a success; None, for an operation without output, is an empty body."""
    body = b"" if response is None else orjson.dumps(response)
    return Outcome(200, _headers(request_id), body)


def unknown_operation() -> ServiceError:
    """Return the only error outside the protocol, for requests that do not follow it."""
    return ServiceError("UnknownOperationException", status=404)


def encode_error(error: ServiceError, request_id: str) -> Outcome:
    """Return an error: `__type` first, the short code, no spaces, no x-amzn-ErrorType header."""
    if error.status == 404:  # noqa: PLR2004  the only error outside the protocol
        return Outcome(404, (("x-amzn-RequestId", request_id),), UNKNOWN_OPERATION)
    body = {"__type": error.code}
    if error.message is not None:
        body["Message" if error.code in _CAPITAL else "message"] = error.message
    return Outcome(error.status, _headers(request_id), orjson.dumps(body))


def _headers(request_id: str) -> tuple[tuple[str, str], ...]:
    return (("x-amzn-RequestId", request_id), ("Content-Type", CONTENT_TYPE))


AWSJSON = WireProtocol(decode, encode, encode_error)
