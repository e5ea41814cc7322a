"""Asynchronous invocations: accepted now, answered in S3, told of by SNS."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from sm_emulator.containers import Invocation, Reply, Response
from sm_emulator.errors import ServiceError
from sm_emulator.operations.aws_services import AwsServices, UnreachableError
from sm_emulator.operations.invoke import asked, reply, responding
from sm_emulator.operations.registry import Context, Members, OperationSteps, operation
from sm_emulator.operations.routing import Target, refused, route
from sm_emulator.wire import Background, Step, Work

_log = logging.getLogger(__name__)
_ANY = sys.maxsize
# "The default is 15 minutes", and 6 hours
_TIMEOUT = 900
_TTL = 21600


@dataclass(frozen=True, slots=True)
class _Job:
    """One accepted invocation: where its input is ("" for in the request), and where its end is told."""

    neighbours: AwsServices
    config: Mapping[str, Any]
    request: Members
    response: Response
    invocation: Invocation
    output: str
    failure: str


@operation
def invoke_endpoint_async(c: Context, r: Members) -> OperationSteps:
    """Accept an invocation; where its output will be is known at once."""
    target = _accepting(c, r)
    r.setdefault("InferenceId", c.request_id)
    config = target.life.config["AsyncInferenceConfig"]
    invocation = asked(c, r, target)
    job = _Job(
        neighbours=AwsServices(c.backend, c.account, c.region),
        config=config,
        request=r,
        response=responding(c, target, invocation),
        invocation=invocation,
        output=_place(r, config["OutputConfig"].get("S3OutputPath"), c.request_id, ".out"),
        failure=_place(r, config["OutputConfig"].get("S3FailurePath"), c.request_id, "-error.out"),
    )
    return _accepted(c, target, job)


def _accepting(c: Context, r: Members) -> Target:
    target = route(c, r)
    if "AsyncInferenceConfig" not in target.life.config:
        # that it is refused is documented, AWS's text is not public
        raise refused(f"Endpoint {target.endpoint} has no AsyncInferenceConfig: use InvokeEndpoint.")
    if bool(r["Body"]) == ("InputLocation" in r):
        # "Provide exactly one of them", says the API; AWS's text is not public
        raise refused("Exactly one of Body and InputLocation must be specified.")
    return target


def _place(r: Members, path: str | None, name: str, ending: str) -> str:
    """Give the URI of an object of an invocation; "" where there is no path for it."""
    if path is None:
        return ""
    extension = r.get("S3OutputPathExtension", "").strip("/")
    file = r.get("Filename", f"{name}{ending}")
    return "/".join(part for part in (path.rstrip("/"), extension, file) if part)


def _accepted(c: Context, target: Target, job: _Job) -> OperationSteps:
    lane = c.traffic.lane((*target.key, target.name))
    yield Background(lane.run(_work(c, job), _at_a_time(target, job.config)))
    where = {"OutputLocation": job.output, "FailureLocation": job.failure}
    told = {name: uri for name, uri in where.items() if uri}
    return {"InferenceId": job.request["InferenceId"], **told}


def _at_a_time(target: Target, config: Mapping[str, Any]) -> int:
    """Tell how many invocations run at a time; without a limit of the client's, as many as come."""
    limit: int = config.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance", _ANY)
    variant = next(v for v in target.life.variants if v["VariantName"] == target.name)
    instances: int = variant.get("CurrentInstanceCount", 1)
    return limit * max(1, instances)


def _work(c: Context, job: _Job) -> Generator[Step, Any, None]:
    """Read the input, let the model answer, write the output and tell of it."""
    shown: Members = {}
    try:
        _refuse_expired(c, job)
        if "InputLocation" in job.request:
            body = yield Work(partial(job.neighbours.read, job.request["InputLocation"]), "capture")
            job = replace(job, invocation=replace(job.invocation, body=body))
        replied = yield from _replied(job)
        shown = {"contentType": replied.content_type}
        failure = "" if replied.is_success else _reason(replied)
        uri = job.failure if failure else job.output
        if uri:
            write = partial(job.neighbours.write, uri, replied.body, replied.content_type)
            yield Work(write, "capture")
            shown["failureLocation" if failure else "outputLocation"] = uri
    except (ServiceError, UnreachableError) as error:
        failure = f"ClientError: {error}"  # AWS's text is not public
    yield from _tell(job, _notification(c, job, failure, shown), failed=bool(failure))


def _refuse_expired(c: Context, job: _Job) -> None:
    waited, most = c.clock() - c.now, job.request.get("RequestTTLSeconds", _TTL)
    if waited > most:
        # that it is "marked as expired" is documented, AWS's text is not public
        raise refused(f"The request has waited for {waited:g} s, and its RequestTTLSeconds is {most}.")


def _replied(job: _Job) -> Generator[Step, Any, Reply]:
    timeout = job.request.get("InvocationTimeoutSeconds", _TIMEOUT)
    replied = yield from reply(job.response, job.invocation, timeout)
    return replied.whole


def _reason(replied: Reply) -> str:
    # verbatim but for the figure, of a notification that a user keeps in a comment
    # (awslabs' osml-model-runner)
    return (
        f"ClientError: Received server error ({replied.status}) from model. See the SageMaker Endpoint "
        "logs in your account for more information."
    )


def _notification(c: Context, job: _Job, failure: str, shown: Members) -> Members:
    """Build the message that AWS's developer guide shows; of failures, as users have kept them."""
    asked_for = {
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
        "requestParameters": {name: value for name, value in asked_for.items() if value},
        **({"responseParameters": shown} if shown else {}),
        "inferenceId": job.request["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def _tell(job: _Job, message: Members, *, failed: bool) -> Generator[Step, Any, None]:
    topics = job.config["OutputConfig"].get("NotificationConfig", {})
    topic = topics.get("ErrorTopic" if failed else "SuccessTopic")
    if topic is None:
        return
    try:
        yield Work(partial(job.neighbours.publish, topic, orjson.dumps(message).decode()), "capture")
    except UnreachableError as error:
        _log.warning("an asynchronous invocation was not told of: %s", error)


def _time(at: float) -> str:
    told = datetime.fromtimestamp(at, UTC)
    return f"{told:%Y-%m-%dT%H:%M:%S}.{told.microsecond // 1000:03}Z"
