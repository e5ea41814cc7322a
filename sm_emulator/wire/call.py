"""One attempt at an operation, as faults match it and the journal tells of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sm_emulator.resources import RESOURCES
from sm_emulator.wire import Caller, Request

_ATTEMPT = re.compile(r"attempt=([0-9]{1,6})")
_ARN = re.compile(r"arn:[a-z-]+:sagemaker:[^:]*:[^:]*:([^/:]+)/")
_SEGMENTS = frozenset(resource.segment for resource in RESOURCES)
_MOST = re.compile(r"max=([0-9]{1,6})")
# What SDKs list in the User-Agent of a call: B is a waiter (seen of botocore 1.44.5)
_WAITER = re.compile(r"\bm/(?:[^ ,]+,)*B\b")
# The longest first: EndpointConfig begins like Endpoint
_TYPES = sorted((resource.type for resource in RESOURCES), key=len, reverse=True)


@dataclass(slots=True)
class Call:
    """An attempt: `operation` by `caller` on `resource`, the name or ARN that it acts on ("" for none).

    Operation and resource are "" until they are told, for a head does not tell them.

    `invocation` is the SDK's id of the logical call that this is attempt number `attempt` of, counted
    from 1; "" where the client sends none. `max_attempts` is how many the client says that it makes,
    0 where it does not say; `waiter` tells that a waiter polls.
    """

    operation: str
    resource: str
    caller: Caller
    invocation: str
    attempt: int
    request: Request
    max_attempts: int = 0
    waiter: bool = False

    def is_to(self, operation: str, payload: object) -> None:
        """Tell what it attempts; of a payload that makes no sense, as much as can be told."""
        self.operation, self.resource = operation, _resource(operation, payload)


def parse_call(caller: Caller, request: Request) -> Call:
    """Tell of a request's head what it attempts."""
    attempt, most = _numbers(request.headers.get("amz-sdk-request", ""))
    return Call(
        operation="",
        resource="",
        caller=caller,
        invocation=request.headers.get("amz-sdk-invocation-id", ""),
        attempt=attempt,
        request=request,
        max_attempts=most,
        waiter=_is_waiter(request.headers.get("user-agent", "")),
    )


@lru_cache(maxsize=128)
def _numbers(told: str) -> tuple[int, int]:
    attempt, most = _ATTEMPT.search(told), _MOST.search(told)
    return int(attempt[1]) if attempt else 1, int(most[1]) if most else 0


@lru_cache(maxsize=128)
def _is_waiter(agent: str) -> bool:
    return _WAITER.search(agent) is not None


def targets_other_resource(payload: object) -> bool:
    """Tell whether a payload asks for the tags of what is not ours: of a training job, say."""
    arn = payload.get("ResourceArn") if isinstance(payload, Mapping) else None
    found = _ARN.match(arn) if isinstance(arn, str) else None
    return found is not None and found[1] not in _SEGMENTS


@lru_cache(maxsize=128)
def type_of(operation: str) -> str:
    """Tell which type of resource an operation acts on, "" for none."""
    noun = operation.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").lstrip("abcdefghijklmnopqrstuvwxyz")
    return next((kind for kind in _TYPES if noun.startswith(kind)), "")


def _resource(operation: str, payload: object) -> str:
    if not isinstance(payload, Mapping):
        return ""
    kind = type_of(operation)
    name = payload.get(f"{kind}Name" if kind else "ResourceArn", "")
    return name if isinstance(name, str) else ""
