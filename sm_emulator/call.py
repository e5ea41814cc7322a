"""One attempt at an operation, as faults match it and the journal tells of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sm_emulator.resources import RESOURCES
from sm_emulator.wire import Caller, Request

_ATTEMPT = re.compile(r"attempt=([0-9]{1,6})")
_ARN = re.compile(r"arn:[a-z-]+:sagemaker:[^:]*:[^:]*:([^/:]+)/")
_SEGMENTS = frozenset(resource.segment for resource in RESOURCES)
# The longest first: EndpointConfig begins like Endpoint
_TYPES = sorted((resource.type for resource in RESOURCES), key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Call:
    """An attempt: `operation` by `caller` on `resource`, the name or ARN that it acts on ("" for none).

    `invocation` is the SDK's id of the logical call that this is attempt number `attempt` of, counted
    from 1; "" where the client sends none.
    """

    operation: str
    resource: str
    caller: Caller
    invocation: str
    attempt: int
    request: Request


def attempt_at(operation: str, payload: object, caller: Caller, request: Request) -> Call:
    """Tell what a request attempts; of a payload that makes no sense, as much as can be told."""
    attempt = _ATTEMPT.search(request.headers.get("amz-sdk-request", ""))
    return Call(
        operation=operation,
        resource=_resource(operation, payload),
        caller=caller,
        invocation=request.headers.get("amz-sdk-invocation-id", ""),
        attempt=int(attempt[1]) if attempt else 1,
        request=request,
    )


def is_about_another(payload: object) -> bool:
    """Tell whether a payload asks for the tags of what is not ours: of a training job, say."""
    arn = payload.get("ResourceArn") if isinstance(payload, Mapping) else None
    found = _ARN.match(arn) if isinstance(arn, str) else None
    return found is not None and found[1] not in _SEGMENTS


def _resource(operation: str, payload: object) -> str:
    if not isinstance(payload, Mapping):
        return ""
    noun = operation.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").lstrip("abcdefghijklmnopqrstuvwxyz")
    member = next((f"{kind}Name" for kind in _TYPES if noun.startswith(kind)), "ResourceArn")
    name = payload.get(member, "")
    return name if isinstance(name, str) else ""
