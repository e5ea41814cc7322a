"""AWS JSON 1.1 as SageMaker's control plane speaks it, and what a request tells beside it."""

from sm_emulator.wire.awsjson import decode, encode, encode_error
from sm_emulator.wire.caller import Caller, identify
from sm_emulator.wire.foreign import FORM, encode_foreign_error, errand, error_code, is_hosting
from sm_emulator.wire.message import Delivery, Elsewhere, Outcome, Request, Wait, Way, Work, follow

__all__ = [
    "FORM",
    "Caller",
    "Delivery",
    "Elsewhere",
    "Outcome",
    "Request",
    "Wait",
    "Way",
    "Work",
    "decode",
    "encode",
    "encode_error",
    "encode_foreign_error",
    "errand",
    "error_code",
    "follow",
    "identify",
    "is_hosting",
]
