"""Invocations: a request for a model, and its reply in the form of the runtime."""

import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import Any

from sm_emulator.catalog import refusal
from sm_emulator.containers import TIMED_OUT, Invocation, Reply, Response, find_response
from sm_emulator.errors import ServiceError
from sm_emulator.operations.capture import capture, is_captured
from sm_emulator.operations.registry import Context, Members, OperationSteps, operation
from sm_emulator.operations.routing import Target, route, shadow_targets
from sm_emulator.wire.steps import Background, Step, Wait, Work

_ReplySteps = Generator[Step, Any, Reply]
_SERVERLESS_BODY = 4 * 1024 * 1024
_MESSAGE = 1024
_ERROR_CODES = {"client": "CLIENT_ERROR_FROM_MODEL", "server": "INTERNAL_FAILURE_FROM_MODEL"}


@operation
def invoke_endpoint(c: Context, r: Members) -> OperationSteps:
    """Return the reply of a model, and the variant that it came from."""
    return _whole(*_begin(c, r))


@operation
def invoke_endpoint_with_response_stream(c: Context, r: Members) -> OperationSteps:
    """Return the reply of a model in parts."""
    return _in_parts(*_begin(c, r))


def build_invocation(c: Context, r: Members, target: Target) -> Invocation:
    """Build the container's view of a request."""
    return Invocation(
        endpoint=target.endpoint,
        variant=target.name,
        model=target.model,
        image=target.image,
        body=r.get("Body", "").encode("latin-1"),
        request_id=c.request_id,
        at=c.now,
        content_type=r.get("ContentType", ""),
        accept=r.get("Accept", ""),
        custom_attributes=r.get("CustomAttributes", ""),
        inference_id=r.get("InferenceId", ""),
        inference_component=r.get("InferenceComponentName", ""),
        target_model=r.get("TargetModel", ""),
        target_container=r.get("TargetContainerHostname", ""),
        session_id=r.get("SessionId", ""),
        explanations=r.get("EnableExplanations", ""),
    )


def require_ready(c: Context, target: Target, invocation: Invocation) -> Response:
    """Find the response to an invocation. Raises ServiceError while its model is not ready."""
    response = find_response(c.behaviour.runtime.responses, invocation)
    model = (target.key, invocation.variant, invocation.target_model)
    if not c.traffic.is_ready(model, response.not_ready):
        raise refusal("invoke-not-ready", what=f"Model of variant {invocation.variant} is not ready")
    return response


def invoke_container(response: Response, invocation: Invocation, timeout: float) -> _ReplySteps:
    """Return the reply of a container, or TIMED_OUT after `timeout` seconds."""
    if response.delay:
        yield Wait(min(response.delay, timeout))
    if response.delay >= timeout:
        return TIMED_OUT
    if not response.blocks:
        return response.container(invocation, timeout)
    work = partial(response.container, invocation, timeout)
    try:
        reply: Reply = yield Work(work, "model", timeout + response.grace)
    except TimeoutError:
        return TIMED_OUT
    return reply


def model_error(c: Context, endpoint: str, failed: Reply) -> ServiceError:
    """Build the error for a container's reply that is not a success."""
    kind = "client" if 400 <= failed.status < 500 else "server"  # noqa: PLR2004
    original = failed.body[: 4 * _MESSAGE].decode(errors="replace")[:_MESSAGE]
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    values = {"region": c.region, "account": c.account, "group": group, "original": original}
    error = refusal("invoke-model-error", kind=kind, code=failed.status, **values)
    error.detail = failed.traceback
    error.more = {
        "ErrorCode": _ERROR_CODES[kind],
        "LogStreamArn": f"arn:aws:logs:{c.region}:{c.account}:log-group:{group}",
        "OriginalMessage": original,
        "OriginalStatusCode": failed.status,
    }
    return error


def _begin(c: Context, r: Members) -> tuple[Context, Target, _ReplySteps]:
    """Decide an invocation now, and return the steps to the container's reply."""
    target = route(c, r)
    if "AsyncInferenceConfig" in target.state.config:
        raise refusal("invoke-async-only", endpoint=target.endpoint)
    serverless = target.variant.get("ServerlessConfig", {})
    if serverless and len(r["Body"]) > _SERVERLESS_BODY:
        raise refusal("invoke-oversize", request=c.request_id)
    invocation = build_invocation(c, r, target)
    response = require_ready(c, target, invocation)
    limit = serverless.get("MaxConcurrency", sys.maxsize)
    if not c.traffic.enter(target.key, limit):
        raise ServiceError("ThrottlingException")
    shadows = [_invoke_shadow(c, r, shadow) for shadow in shadow_targets(c, target)]
    return c, target, _invoke(c, target, response, invocation, shadows)


def _invoke(
    c: Context,
    target: Target,
    response: Response,
    invocation: Invocation,
    shadows: list[Generator[Step, Any, None]],
) -> _ReplySteps:
    for shadow in shadows:
        yield from _in_background(c, shadow, len(invocation.body))
    try:
        reply = yield from invoke_container(response, invocation, c.behaviour.runtime.timeout)
    finally:
        c.traffic.leave(target.key)
    _update_session(c, target, reply)
    if is_captured(c, target, reply):
        steps = capture(c, target, invocation, reply)
        yield from _in_background(c, steps, len(invocation.body) + len(reply.body))
    return reply


def _in_background(c: Context, steps: Generator[Step, Any, None], size: int) -> Iterator[Step]:
    job = c.traffic.hold(steps, size)
    if job:
        yield Background(job)


def _invoke_shadow(c: Context, r: Members, shadow: Target) -> Generator[Step, Any, None]:
    """Invoke a shadow variant. Its reply is captured, if it is to be, and dropped."""
    invocation = build_invocation(c, r, shadow)
    runtime = c.behaviour.runtime
    with suppress(ServiceError):  # a shadow that is not ready is not reported to the client
        response = find_response(runtime.responses, invocation)
        reply = yield from invoke_container(response, invocation, runtime.timeout)
        if is_captured(c, shadow, reply):
            yield from capture(c, shadow, invocation, reply)


def _update_session(c: Context, target: Target, reply: Reply) -> None:
    """Bind a session that the model began to its variant, until the model closes it."""
    if reply.new_session_id:
        session, _, expires = reply.new_session_id.partition(";")
        end = _session_end(expires.strip().removeprefix("Expires="))
        c.traffic.begin_session(target.key, session, target.name, end)
    if reply.closed_session_id:
        c.traffic.end_session(target.key, reply.closed_session_id)


def _session_end(expires: str) -> float:
    """Return the end of a session in seconds since 1970; infinity if the model names none."""
    try:
        end = datetime.fromisoformat(expires)
    except ValueError:
        return inf
    return (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()


def _whole(c: Context, target: Target, replying: _ReplySteps) -> OperationSteps:
    reply = (yield from replying).whole
    members = _members(c, target, reply)
    sessions = {"NewSessionId": reply.new_session_id, "ClosedSessionId": reply.closed_session_id}
    members |= {name: value for name, value in sessions.items() if value}
    return {**members, "Body": reply.body.decode("latin-1")}


def _in_parts(c: Context, target: Target, replying: _ReplySteps) -> OperationSteps:
    reply = yield from replying
    members = _members(c, target, reply)
    parts = reply.parts or (reply.body,)
    body: list[Members] = [{"PayloadPart": {"Bytes": part.decode("latin-1")}} for part in parts]
    if reply.broken:
        message = reply.whole.body.decode()
        body.append({"ModelStreamError": {"Message": message, "ErrorCode": reply.broken}})
    return {**members, "Body": body}


def _members(c: Context, target: Target, reply: Reply) -> Members:
    """Return the members of every successful answer. Raises ServiceError for any other reply."""
    if not reply.is_success:
        raise model_error(c, target.endpoint, reply)
    members = {"ContentType": reply.content_type, "CustomAttributes": reply.custom_attributes}
    members = {name: value for name, value in members.items() if value}
    return {"InvokedProductionVariant": target.name, **members}
