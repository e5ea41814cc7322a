"""The faults: errors in place of the response; responses that are late, lost, incomplete or wrong."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sm_emulator.catalog import table
from sm_emulator.consistency.build import build_lag
from sm_emulator.consistency.validation import of_lag
from sm_emulator.errors import ConfigurationError, Problem, ServiceError
from sm_emulator.faults.registry import Effect, FaultContext, FaultFunction, always, fault, integer, text
from sm_emulator.resources import RESOURCES
from sm_emulator.values import did_you_mean, seconds
from sm_emulator.wire.call import Call, type_of
from sm_emulator.wire.message import Delivery, Outcome

_RUNTIME = "InvokeEndpoint"
_THROTTLED = "ThrottlingException"
# A token that falls due by addition of floats may be late by their rounding
_ROUNDING = 1e-9
_BYTES = integer("How many bytes of the body are sent.", 0, 10000000, default=10)
_VALUE = text("The content type that the response claims.", 200, "^[!-~][ -~]*$", default="text/html")


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
        error = _aws_error(code, context.call)
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
        return lambda context: Effect(error=_aws_error(_THROTTLED, context.call))
    interval = 1 / settings["rate"]
    slack = (settings.get("burst", 1) - 1) * interval + _ROUNDING

    def apply(context: FaultContext) -> Effect | str:
        bucket = (context.call.caller.region, context.call.operation)
        # the state is when each bucket is full again, less its burst: the generic cell rate algorithm
        due = max(context.state[bucket], context.now)
        if due - context.now > slack:
            return Effect(error=_aws_error(_THROTTLED, context.call))
        context.state[bucket] = due + interval
        return "the bucket had a token"

    return apply


@fault("before", "after", settings={"delay": {"$ref": "#/$defs/delay_or_duration"}}, required=("delay",))
def latency(settings: Mapping[str, Any]) -> FaultFunction:
    """Wait for `delay`: a duration, or a distribution from which each call draws its own."""
    problems = list(of_lag(settings["delay"], "delay"))
    if problems:
        raise ConfigurationError(*problems)
    lag = build_lag(settings["delay"])
    return lambda context: Effect(delay=lag.sample(context.chance))


@fault("after", "before", decisive=always)
def reset(_: Mapping[str, Any]) -> Effect:
    """Reset the connection: the client sees ECONNRESET."""
    return Effect(delivery=Delivery("reset"))


@fault("after", "before", decisive=always)
def close(_: Mapping[str, Any]) -> Effect:
    """Close the connection without a response."""
    return Effect(delivery=Delivery("close"))


@fault("after", settings={"bytes": _BYTES}, decisive=always)
def truncate(settings: Mapping[str, Any]) -> Effect:
    """Close the connection after `bytes` of the body; a response without a body arrives whole."""
    return Effect(delivery=Delivery("truncate", settings["bytes"]))


@fault(
    "after",
    settings={
        "bytes": _BYTES,
        "seconds": {
            "$ref": "#/$defs/duration",
            "default": "60s",
            "description": "How long nothing is sent; then the connection is closed.",
        },
    },
    decisive=always,
)
def stall(settings: Mapping[str, Any]) -> Effect:
    """Send `bytes` of the body, then nothing for `seconds`, then close the connection."""
    return Effect(delivery=Delivery("stall", settings["bytes"], seconds(settings["seconds"])))


@fault("after")
def malformed(_: Mapping[str, Any]) -> Effect:
    """Drop the second half of the body, with a matching Content-Length: it is not valid JSON."""
    return Effect(
        mutations=(lambda outcome: replace(outcome, body=outcome.body[: len(outcome.body) // 2]),)
    )


@fault("after", settings={"value": _VALUE})
def content_type(settings: Mapping[str, Any]) -> Effect:
    """Send `value` as Content-Type, whatever the body is."""
    header = ("Content-Type", settings["value"])
    return Effect(mutations=(lambda outcome: _without(outcome, "content-type", header),))


@fault("after")
def no_request_id(_: Mapping[str, Any]) -> Effect:
    """Leave out x-amzn-RequestId."""
    return Effect(mutations=(lambda outcome: _without(outcome, "x-amzn-requestid"),))


def _without(outcome: Outcome, header: str, *more: tuple[str, str]) -> Outcome:
    kept = [(name, value) for name, value in outcome.headers if name.lower() != header]
    return replace(outcome, headers=(*kept, *more))


def _aws_error(code: str, call: Call) -> ServiceError:
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
    region, account, arn = call.caller.region, call.caller.account, call.resource
    if not arn.startswith("arn:"):
        kinds = [kind for kind in RESOURCES if arn and kind.type == type_of(call.operation)]
        arn = kinds[0].arn(region, account, arn) if kinds else "*"
    action = call.operation if ":" in call.operation else f"sagemaker:{call.operation}"
    return (
        f"User: arn:aws:sts::{account}:assumed-role/sm-emulator/session is not authorized to perform: "
        f"{action} on resource: {arn} because no identity-based policy allows the {action} action"
    )
