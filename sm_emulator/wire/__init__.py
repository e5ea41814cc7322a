"""What is spoken: AWS JSON 1.1 to the control plane, REST JSON to the runtime; the way of a request."""

from sm_emulator.wire.caller import Caller, identify
from sm_emulator.wire.foreign import FORM, encode_foreign_error, errand, error_code, is_hosting
from sm_emulator.wire.message import (
    Aside,
    Delivery,
    Elsewhere,
    Outcome,
    Request,
    Step,
    Wait,
    Way,
    Work,
    follow,
)
from sm_emulator.wire.protocol import AWSJSON, RESTJSON, Protocol, spoken_at

__all__ = [
    "AWSJSON",
    "FORM",
    "RESTJSON",
    "Aside",
    "Caller",
    "Delivery",
    "Elsewhere",
    "Outcome",
    "Protocol",
    "Request",
    "Step",
    "Wait",
    "Way",
    "Work",
    "encode_foreign_error",
    "errand",
    "error_code",
    "follow",
    "identify",
    "is_hosting",
    "spoken_at",
]
