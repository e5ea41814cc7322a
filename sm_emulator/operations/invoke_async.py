"""Asynchronous invocations: accepted immediately, answered in S3, announced by SNS."""

import logging
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from sm_emulator.catalog import refusal
from sm_emulator.containers import Invocation, Response
from sm_emulator.errors import ServiceError
from sm_emulator.operations.aws_services import UnreachableError
from sm_emulator.operations.invoke import build_invocation, invoke_container, require_ready
from sm_emulator.operations.registry import Context, Members, OperationSteps, operation
from sm_emulator.operations.routing import Target, route
from sm_emulator.wire.steps import Background, Step, Work

_log = logging.getLogger(__name__)
# "The default is 15 minutes", and 6 hours
_TIMEOUT = 900
_TTL = 21600


@dataclass(frozen=True, slots=True)
class _Job:
    """One accepted invocation, and the URIs of its output and of its failure."""

    config: Mapping[str, Any]
    request: Members
    response: Response
    invocation: Invocation
    output: str
    failure: str


@operation
def invoke_endpoint_async(c: Context, r: Members) -> OperationSteps:
    """Accept an invocation; return the location of its output."""
    target = route(c, r)
    if "AsyncInferenceConfig" not in target.state.config:
        raise refusal("invoke-not-async", endpoint=target.endpoint)
    if bool(r["Body"]) == ("InputLocation" in r):
        raise refusal("invoke-input")
    r.setdefault("InferenceId", c.request_id)
    config = target.state.config["AsyncInferenceConfig"]
    invocation = build_invocation(c, r, target)
    job = _Job(
        config=config,
        request=r,
        response=require_ready(c, target, invocation),
        invocation=invocation,
        output=_uri(r, config["OutputConfig"].get("S3OutputPath"), c.request_id, ".out"),
        failure=_uri(r, config["OutputConfig"].get("S3FailurePath"), c.request_id, "-error.out"),
    )
    return _accept(c, target, job)


def _uri(r: Members, path: str | None, name: str, ending: str) -> str:
    """Return the URI of an object of an invocation, "" without a path for it."""
    if path is None:
        return ""
    extension = r.get("S3OutputPathExtension", "").strip("/")
    file = r.get("Filename", f"{name}{ending}")
    return "/".join(part for part in (path.rstrip("/"), extension, file) if part)


def _accept(c: Context, target: Target, job: _Job) -> OperationSteps:
    steps = c.traffic.hold(_process(c, job), len(job.invocation.body))
    if steps is None:
        raise ServiceError("ThrottlingException")
    queue = c.traffic.queue((target.key, target.name))
    yield Background(queue.run(steps, _concurrency(target, job.config)))
    locations = {"OutputLocation": job.output, "FailureLocation": job.failure}
    members = {name: uri for name, uri in locations.items() if uri}
    return {"InferenceId": job.request["InferenceId"], **members}


def _concurrency(target: Target, config: Mapping[str, Any]) -> int:
    """Return how many invocations may run at a time; unlimited unless the configuration says so."""
    limit: int = config.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance", sys.maxsize)
    variant = next(v for v in target.state.variants if v["VariantName"] == target.name)
    instances: int = variant.get("CurrentInstanceCount", 1)
    return limit * max(1, instances)


def _process(c: Context, job: _Job) -> Generator[Step, Any, None]:
    """Read the input, invoke the model, write the output and publish a notification."""
    result: Members = {}
    try:
        waited, ttl = c.clock() - c.now, job.request.get("RequestTTLSeconds", _TTL)
        if waited > ttl:
            raise refusal("invoke-expired", waited=waited, ttl=ttl)
        if "InputLocation" in job.request:
            body = yield Work(partial(c.services.read, job.request["InputLocation"]), "capture")
            job = replace(job, invocation=replace(job.invocation, body=body))
        timeout = job.request.get("InvocationTimeoutSeconds", _TIMEOUT)
        reply = (yield from invoke_container(job.response, job.invocation, timeout)).whole
        result = {"contentType": reply.content_type}
        failed = refusal("invoke-async-failed", status=reply.status)
        failure = "" if reply.is_success else str(failed.message)
        uri = job.failure if failure else job.output
        if uri:
            write = partial(c.services.write, uri, reply.body, reply.content_type)
            yield Work(write, "capture")
            result["failureLocation" if failure else "outputLocation"] = uri
    except (ServiceError, UnreachableError) as error:
        failure = f"ClientError: {error}"  # AWS's text is not public
    yield from _publish(c, job, _notification(c, job, failure, result), failed=bool(failure))


def _notification(c: Context, job: _Job, failure: str, result: Members) -> Members:
    """Build the message that AWS's developer guide shows; of failures, as users have kept them."""
    parameters = {
        "contentType": job.invocation.content_type,
        "accept": job.invocation.accept,
        "customAttributes": job.invocation.custom_attributes,
        "endpointName": job.invocation.endpoint,
        "inputLocation": job.request.get("InputLocation"),
    }
    return {
        "awsRegion": c.region,
        "eventTime": _time(c.clock()),
        "receivedTime": _time(c.now),
        "invocationStatus": "Failed" if failure else "Completed",
        **({"failureReason": failure} if failure else {}),
        "requestParameters": {name: value for name, value in parameters.items() if value},
        **({"responseParameters": result} if result else {}),
        "inferenceId": job.request["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def _publish(c: Context, job: _Job, message: Members, *, failed: bool) -> Generator[Step, Any, None]:
    topics = job.config["OutputConfig"].get("NotificationConfig", {})
    topic = topics.get("ErrorTopic" if failed else "SuccessTopic")
    if topic is None:
        return
    try:
        yield Work(partial(c.services.publish, topic, orjson.dumps(message).decode()), "capture")
    except UnreachableError as error:
        _log.warning("could not publish the notification of an asynchronous invocation: %s", error)


def _time(at: float) -> str:
    time = datetime.fromtimestamp(at, UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"
