"""Invocations: what is asked of a model, and what of its answer comes back."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import suppress
from functools import partial
from typing import Any

from sm_emulator.containers import Invocation, Reply, Response
from sm_emulator.containers.exchange import TIMED_OUT
from sm_emulator.errors import ServiceError
from sm_emulator.operations.aws_services import AwsServices
from sm_emulator.operations.capture import capture, is_captured
from sm_emulator.operations.registry import Context, Members, OperationSteps, operation
from sm_emulator.operations.routing import Target, copied, refused, route
from sm_emulator.wire import Background, Step, Wait, Work

_SERVERLESS_BODY = 4 * 1024 * 1024
_MESSAGE = 1024
# What is not limited
_ANY = sys.maxsize
_ERROR_CODES = {"client": "CLIENT_ERROR_FROM_MODEL", "server": "INTERNAL_FAILURE_FROM_MODEL"}


@operation
def invoke_endpoint(c: Context, r: Members) -> OperationSteps:
    """Let a model answer, and tell which variant it was."""
    return _whole(*_begin(c, r))


@operation
def invoke_endpoint_with_response_stream(c: Context, r: Members) -> OperationSteps:
    """Let a model answer in parts."""
    return _in_parts(*_begin(c, r))


def asked(c: Context, r: Members, target: Target) -> Invocation:
    """Put what a container is to see of a request."""
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


def responding(c: Context, target: Target, invocation: Invocation) -> Response:
    """Find the response to an invocation. Raises ServiceError while its model is not ready."""
    response = c.behaviour.runtime.responses.to(invocation)
    times = c.traffic.count(("asked", target.key, invocation.variant, invocation.target_model))
    if times < response.not_ready:
        # the status is the model's, AWS's text is not public
        message = f"Model of variant {invocation.variant} is not ready. Wait and try your request again."
        raise ServiceError("ModelNotReadyException", message, status=429)
    return response


def reply(response: Response, invocation: Invocation, timeout: float) -> Generator[Step, Any, Reply]:
    """Let a container reply, within `timeout` seconds."""
    if response.delay:
        yield Wait(min(response.delay, timeout))
    if response.delay >= timeout:
        return TIMED_OUT
    if response.blocks:
        replied: Reply = yield Work(partial(response.container, invocation, timeout), "model")
        return replied
    return response.container(invocation, timeout)


def model_error(c: Context, endpoint: str, failed: Reply) -> ServiceError:
    """Phrase what a container replied that is no success.

    The form is verbatim (cases rt-model-error-*); that long messages are cut, and where, is ours.
    """
    kind = "client" if 400 <= failed.status < 500 else "server"  # noqa: PLR2004
    original = failed.body.decode(errors="replace")[:_MESSAGE]
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    return ServiceError(
        "ModelError",
        f'Received {kind} error ({failed.status}) from primary with message "{original}". See '
        f"https://{c.region}.console.aws.amazon.com/cloudwatch/home?region={c.region}#logEventViewer:"
        f"group={group} in account {c.account} for more information.",
        status=424,
        ErrorCode=_ERROR_CODES[kind],
        LogStreamArn=f"arn:aws:logs:{c.region}:{c.account}:log-group:{group}",
        OriginalMessage=original,
        OriginalStatusCode=failed.status,
    )


def _accepting(c: Context, r: Members) -> Target:
    """Find the target of a synchronous invocation. Raises ServiceError where there is none."""
    target = route(c, r)
    if "AsyncInferenceConfig" in target.life.config:
        # that it is refused is reported (strands-agents/harness-sdk#1969), AWS's text is not public
        raise refused(
            f"Endpoint {target.endpoint} is for asynchronous inference: use InvokeEndpointAsync."
        )
    serverless = target.variant.get("ServerlessConfig")
    if serverless and len(r["Body"]) > _SERVERLESS_BODY:
        # verbatim (aws/sagemaker-python-sdk#4271)
        raise refused(f"Request {c.request_id} has oversize body.")
    return target


def _begin(c: Context, r: Members) -> tuple[Context, Target, Generator[Step, Any, Reply]]:
    """Decide an invocation, now, and give the steps to the container's reply."""
    target = _accepting(c, r)
    invocation = asked(c, r, target)
    response = responding(c, target, invocation)
    limit = target.variant.get("ServerlessConfig", {}).get("MaxConcurrency", _ANY)
    if not c.traffic.enter(target.key, limit):
        raise ServiceError("ThrottlingException")
    copies = [_copy(c, r, shadow) for shadow in copied(c, target)]
    return c, target, _replied(c, target, response, invocation, copies)


def _replied(
    c: Context,
    target: Target,
    response: Response,
    invocation: Invocation,
    copies: list[Generator[Step, Any, None]],
) -> Generator[Step, Any, Reply]:
    for copy in copies:
        yield Background(copy)
    try:
        replied = yield from reply(response, invocation, c.behaviour.runtime.timeout)
    finally:
        c.traffic.leave(target.key)
    _note_session(c, target, replied)
    yield Background(_captured(c, target, invocation, replied))
    return replied


def _copy(c: Context, r: Members, shadow: Target) -> Generator[Step, Any, None]:
    """Invoke a shadow variant; its answer is dropped, but for the capture of data."""
    invocation = asked(c, r, shadow)
    runtime = c.behaviour.runtime
    with suppress(ServiceError):  # of one that is not ready, nobody hears either
        replied = yield from reply(runtime.responses.to(invocation), invocation, runtime.timeout)
        yield from _captured(c, shadow, invocation, replied)


def _captured(
    c: Context, target: Target, invocation: Invocation, replied: Reply
) -> Generator[Step, Any, None]:
    if replied.whole.is_success and is_captured(c, target):
        yield from capture(AwsServices(c.backend, c.account, c.region), target, invocation, replied)


def _note_session(c: Context, target: Target, replied: Reply) -> None:
    """Let a session that the model began stay with its variant, until the model closes it."""
    if replied.new_session_id:
        c.traffic.sessions[target.key, replied.new_session_id.partition(";")[0]] = target.name
    if replied.closed_session_id:
        c.traffic.sessions.pop((target.key, replied.closed_session_id), None)


def _whole(c: Context, target: Target, replying: Generator[Step, Any, Reply]) -> OperationSteps:
    replied = (yield from replying).whole
    told = _told(c, target, replied)
    sessions = {"NewSessionId": replied.new_session_id, "ClosedSessionId": replied.closed_session_id}
    told |= {name: value for name, value in sessions.items() if value}
    return {**told, "Body": replied.body.decode("latin-1")}


def _in_parts(c: Context, target: Target, replying: Generator[Step, Any, Reply]) -> OperationSteps:
    replied = yield from replying
    told = _told(c, target, replied)
    parts = replied.parts or (replied.body,)
    body: list[Members] = [{"PayloadPart": {"Bytes": part.decode("latin-1")}} for part in parts]
    if replied.broken:
        message = replied.whole.body.decode()
        body.append({"ModelStreamError": {"Message": message, "ErrorCode": replied.broken}})
    return {**told, "Body": body}


def _told(c: Context, target: Target, replied: Reply) -> Members:
    """Tell what any successful answer does. Raises ServiceError where it is none."""
    if not replied.is_success:
        raise model_error(c, target.endpoint, replied)
    told = {"ContentType": replied.content_type, "CustomAttributes": replied.custom_attributes}
    told = {name: value for name, value in told.items() if value}
    return {"InvokedProductionVariant": target.name, **told}
