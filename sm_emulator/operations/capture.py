"""Data capture: the input and output of a model, as a file of JSON lines in S3."""

import base64
import logging
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from sm_emulator.containers import Invocation, Reply
from sm_emulator.operations.aws_services import UnreachableError
from sm_emulator.operations.registry import Context
from sm_emulator.operations.routing import Target
from sm_emulator.store.lag import uniform
from sm_emulator.wire.steps import Step, Work

_log = logging.getLogger(__name__)
# Encodings of a payload, by the list of content types that selects them
_ENCODINGS = {"CsvContentTypes": "CSV", "JsonContentTypes": "JSON"}


def is_captured(c: Context, target: Target, reply: Reply) -> bool:
    """Draw whether a successful invocation is captured, by the sampling percentage."""
    config = target.state.config.get("DataCaptureConfig", {"EnableCapture": False})
    if not reply.whole.is_success or not config.get("EnableCapture", True):  # "defaults to enabled"
        return False
    share: int = config["InitialSamplingPercentage"]
    return uniform(c.store.seed, "capture", *target.key, target.nth) * 100 < share


def capture(
    c: Context, target: Target, invocation: Invocation, reply: Reply
) -> Generator[Step, Any, None]:
    """Write one invocation to S3, in the layout and the form that AWS's developer guide shows.

    AWS collects lines for some time; here each file has one. A failure is logged only.
    """
    config = target.state.config["DataCaptureConfig"]
    at = datetime.fromtimestamp(invocation.at, UTC)
    name = f"{at:%M-%S}-{at.microsecond // 1000:03}-{invocation.request_id}.jsonl"
    prefix = config["DestinationS3Uri"].rstrip("/")
    uri = f"{prefix}/{target.endpoint}/{target.name}/{at:%Y/%m/%d/%H}/{name}"

    def write() -> None:
        line = orjson.dumps(_line(config, invocation, reply, at)) + b"\n"
        c.services.write(uri, line, "application/jsonlines")

    try:
        yield Work(write, "capture")
    except UnreachableError as error:
        _log.warning("data capture failed: %s", error)


def _line(
    config: Mapping[str, Any], invocation: Invocation, reply: Reply, at: datetime
) -> dict[str, Any]:
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    captured = {}
    if modes & {"Input", "InputAndOutput"}:
        captured["endpointInput"] = _payload(config, "INPUT", invocation.content_type, invocation.body)
    if modes & {"Output", "InputAndOutput"}:
        captured["endpointOutput"] = _payload(config, "OUTPUT", reply.content_type, reply.body)
    metadata: dict[str, Any] = {"eventId": invocation.request_id}
    if invocation.custom_attributes:
        metadata["customAttributes"] = [invocation.custom_attributes]
    if invocation.inference_id:
        metadata["inferenceId"] = invocation.inference_id
    metadata["inferenceTime"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}


def _payload(config: Mapping[str, Any], mode: str, content_type: str, body: bytes) -> dict[str, str]:
    """Return a payload as text if it is UTF-8 of a listed type (parameters ignored), else as BASE64."""
    listed = config.get("CaptureContentTypeHeader", {})
    types = {content_type, content_type.partition(";")[0].strip()}
    encodings = (name for member, name in _ENCODINGS.items() if types & {*listed.get(member, ())})
    encoding, data = next(encodings, "BASE64"), body.decode(errors="ignore")
    if encoding == "BASE64" or data.encode() != body:
        encoding, data = "BASE64", base64.b64encode(body).decode()
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
