"""AWS errors in place of the response, and throttling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_emulator.catalog import table
from sm_emulator.errors import ConfigurationError, Problem, ServiceError
from sm_emulator.faults.registry import Effect, FaultContext, FaultFunction, always, fault, integer, text
from sm_emulator.resources import RESOURCES
from sm_emulator.values import did_you_mean
from sm_emulator.wire.call import Call

_RUNTIME = "InvokeEndpoint"
_THROTTLED = "ThrottlingException"
# A token that falls due by addition of floats may be late by their rounding
_ROUNDING = 1e-9


@fault(
    "before",
    "after",
    settings={
        "code": text("AWS's code, or one of your own.", 200, "^[A-Za-z0-9._-]+$"),
        "message": {
            "type": ["string", "null"],
            "maxLength": 10000,
            "description": "Instead of AWS's text; null: none.",
        },
        "status": integer("Instead of AWS's; a code of your own requires it.", 400, 599),
    },
    required=("code",),
    decisive=always,
)
def error(settings: Mapping[str, Any]) -> FaultFunction:
    """Respond with the AWS error `code`, its status and text; a code of your own requires `status`."""
    code: str = settings["code"]
    known = table("errors")
    if code not in known and "status" not in settings:
        hint = did_you_mean(code, known) or f"; known: {', '.join(known)}"
        raise ConfigurationError(Problem("code", f"{code!r} is not a known error: add a status{hint}"))

    def apply(context: FaultContext) -> Effect:
        error = aws_error(code, context.call)
        message = settings.get("message", error.message)
        return Effect(error=ServiceError(code, message, status=settings.get("status", error.status)))

    return apply


@fault(
    "before",
    settings={
        "rate": {
            "type": "number",
            "minimum": 0.000001,
            "maximum": 1000000,
            "description": "Requests a second that pass, for each operation and region. Default: none.",
        },
        "burst": integer("How many may pass at the same time; requires rate. Default: 1.", 1, 1000000),
    },
    decisive=lambda settings: "rate" not in settings,
)
def throttle(settings: Mapping[str, Any]) -> FaultFunction:
    """Respond with ThrottlingException: to every request, or above `rate`, by a token bucket.

    Each operation has a bucket in each region.
    """
    if "rate" not in settings:
        if "burst" in settings:
            raise ConfigurationError(Problem("burst", "requires rate"))
        return lambda context: Effect(error=aws_error(_THROTTLED, context.call))
    interval = 1 / settings["rate"]
    slack = (settings.get("burst", 1) - 1) * interval + _ROUNDING

    def apply(context: FaultContext) -> Effect | str:
        bucket = (context.call.caller.region, context.call.operation)
        # the state is when each bucket is full again, less its burst: the generic cell rate algorithm
        due = max(context.state[bucket], context.now)
        if due - context.now > slack:
            return Effect(error=aws_error(_THROTTLED, context.call))
        context.state[bucket] = due + interval
        return "the bucket had a token"

    return apply


def aws_error(code: str, call: Call) -> ServiceError:
    """Return the error with which AWS answers `call`."""
    known: Mapping[str, Any] = table("errors").get(code, {})
    status, message = known.get("status", 400), known.get("message")
    on_runtime = call.operation.startswith(_RUNTIME)
    if code == "AccessDeniedException":
        # the text was seen from the runtime, which answers 403; the control plane's status is derived
        return ServiceError(code, _not_authorized(call), status=403 if on_runtime else status)
    if code == _THROTTLED and on_runtime:
        message = None  # opensearch-project/ml-commons#2429: {"message": null}
    return ServiceError(code, message, status=status)


def _not_authorized(call: Call) -> str:
    account = call.caller.account
    action = call.operation if ":" in call.operation else f"sagemaker:{call.operation}"
    return (
        f"User: arn:aws:sts::{account}:assumed-role/sm-emulator/session is not authorized to perform: "
        f"{action} on resource: {_arn(call)} because no identity-based policy allows the {action} action"
    )


def _arn(call: Call) -> str:
    """Return the ARN of the resource that a call acts on; "*" where it acts on none."""
    if call.resource.startswith("arn:"):
        return call.resource
    kinds = [kind for kind in RESOURCES if kind.type in call.operation]
    if not (kinds and call.resource):
        return "*"
    longest = max(kinds, key=lambda kind: len(kind.type))
    return longest.arn(call.caller.region, call.caller.account, call.resource)
