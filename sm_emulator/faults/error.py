"""An error of AWS's instead of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_emulator.errors import ConfigurationError, Problem, ServiceError
from sm_emulator.faults.effect import Effect
from sm_emulator.faults.registry import FaultContext, FaultFunction, fault
from sm_emulator.resources import RESOURCES
from sm_emulator.values import did_you_mean
from sm_emulator.wire.call import Call

_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details."
)
_LIMIT = (
    "The account-level service limit 'Number of instances across active endpoints' is 0 Instances, "
    "with current utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS "
    "support to request an increase for this limit."
)
# Status and text by code. Sources: AWS's page on common errors; a throttled list call of SageMaker's
# (aws/aws-sdk#486); sister services with the same framework for tokens and signatures; botocore's
# model for the runtime. Where no text is public there is none.
_KNOWN: dict[str, tuple[int, str | None]] = {
    "ThrottlingException": (400, "Rate exceeded"),
    "ServiceUnavailable": (503, None),
    "InternalFailure": (500, None),
    "AccessDeniedException": (400, None),
    "ExpiredTokenException": (400, "The security token included in the request is expired"),
    "UnrecognizedClientException": (400, "The security token included in the request is invalid."),
    "InvalidSignatureException": (400, _SIGNATURE),
    "ResourceLimitExceeded": (400, _LIMIT),
    "ResourceInUse": (400, None),
    "ResourceNotFound": (400, None),
    "ConflictException": (400, None),
    "ValidationException": (400, None),
    "ValidationError": (400, None),
    "ModelError": (424, None),
    "ModelNotReadyException": (429, None),
    "InternalDependencyException": (530, None),
    # events of a stream, to which the model gives no status: guesses
    "ModelStreamError": (400, None),
    "InternalStreamFailure": (500, None),
}
_RUNTIME = "InvokeEndpoint"


@fault("before", "after")
def error(settings: Mapping[str, Any]) -> FaultFunction:
    """Answer with an error: AWS's `code`, with its status and text unless others are given."""
    code: str = settings["code"]
    if code not in _KNOWN and "status" not in settings:
        hint = did_you_mean(code, _KNOWN) or f"; known: {', '.join(_KNOWN)}"
        raise ConfigurationError(
            Problem("code", f"{code!r} needs a status, as no error known here{hint}")
        )

    def strike(occasion: FaultContext) -> Effect:
        known = refusal(code, occasion.call)
        message = settings.get("message", known.message)
        return Effect(error=ServiceError(code, message, status=settings.get("status", known.status)))

    return strike


def refusal(code: str, call: Call) -> ServiceError:
    """Build the error that AWS answers `call` with."""
    status, message = _KNOWN.get(code, (400, None))
    on_runtime = call.operation.startswith(_RUNTIME)
    if code == "AccessDeniedException":
        # the text was seen from the runtime, which answers 403; the control plane's status is derived
        return ServiceError(code, _not_authorized(call), status=403 if on_runtime else status)
    if code == "ThrottlingException" and on_runtime:
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
    """Name what a call acts on: by its ARN; where it acts on nothing, by what stands for all."""
    if call.resource.startswith("arn:"):
        return call.resource
    kinds = [kind for kind in RESOURCES if kind.type in call.operation]
    if not (kinds and call.resource):
        return "*"
    longest = max(kinds, key=lambda kind: len(kind.type))
    return longest.arn(call.caller.region, call.caller.account, call.resource)
