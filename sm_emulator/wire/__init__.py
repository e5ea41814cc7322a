"""AWS JSON 1.1 as SageMaker's control plane speaks it, and the way of a request."""

from sm_emulator.wire.awsjson import decode, encode, encode_error
from sm_emulator.wire.caller import Caller, identify
from sm_emulator.wire.message import Delivery, Outcome, Request, Wait, Way, Work, follow

__all__ = [
    "Caller",
    "Delivery",
    "Outcome",
    "Request",
    "Wait",
    "Way",
    "Work",
    "decode",
    "encode",
    "encode_error",
    "follow",
    "identify",
]
