"""What is spoken: AWS JSON 1.1 to the control plane, REST JSON to the runtime; the way of a request."""

from sm_emulator.wire.caller import Caller, identify
from sm_emulator.wire.message import (
    Backend,
    Background,
    Delivery,
    Outcome,
    Request,
    Step,
    Steps,
    Wait,
    Work,
    run_steps,
)
from sm_emulator.wire.other_services import (
    FORM,
    encode_backend_error,
    error_code,
    is_hosting,
    operation_name,
)
from sm_emulator.wire.protocol import AWSJSON, RESTJSON, Protocol, protocol_for

__all__ = [
    "AWSJSON",
    "FORM",
    "RESTJSON",
    "Backend",
    "Background",
    "Caller",
    "Delivery",
    "Outcome",
    "Protocol",
    "Request",
    "Step",
    "Steps",
    "Wait",
    "Work",
    "encode_backend_error",
    "error_code",
    "identify",
    "is_hosting",
    "operation_name",
    "protocol_for",
    "run_steps",
]
