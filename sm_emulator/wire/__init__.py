"""AWS JSON 1.1 as SageMaker's control plane speaks it."""

from sm_emulator.wire.awsjson import decode, encode, encode_error
from sm_emulator.wire.caller import Caller, identify
from sm_emulator.wire.message import Outcome, Request

__all__ = ["Caller", "Outcome", "Request", "decode", "encode", "encode_error", "identify"]
