"""The wire: requests and outcomes, AWS JSON 1.1 and REST JSON, callers, and the steps of a request."""

from sm_emulator.wire.awsjson import AWSJSON
from sm_emulator.wire.call import (
    DEFAULT_ACCOUNT,
    DEFAULT_REGION,
    OBSERVER,
    Call,
    Caller,
    identify,
    parse_call,
)
from sm_emulator.wire.message import Backend, Delivery, Outcome, Request, WireProtocol
from sm_emulator.wire.other_services import (
    FORM,
    encode_backend_error,
    error_code,
    is_hosting,
    operation_name,
)
from sm_emulator.wire.restjson import RESTJSON, protocol_for
from sm_emulator.wire.steps import Background, Step, Steps, Wait, Work, run_steps

__all__ = [
    "AWSJSON",
    "DEFAULT_ACCOUNT",
    "DEFAULT_REGION",
    "FORM",
    "OBSERVER",
    "RESTJSON",
    "Backend",
    "Background",
    "Call",
    "Caller",
    "Delivery",
    "Outcome",
    "Request",
    "Step",
    "Steps",
    "Wait",
    "WireProtocol",
    "Work",
    "encode_backend_error",
    "error_code",
    "identify",
    "is_hosting",
    "operation_name",
    "parse_call",
    "protocol_for",
    "run_steps",
]
