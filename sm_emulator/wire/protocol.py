"""The protocols that are spoken here, as the same three functions each; a path asks for one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sm_emulator.errors import ServiceError
from sm_emulator.wire import awsjson, restjson
from sm_emulator.wire.message import Outcome, Request


@dataclass(frozen=True, slots=True)
class Protocol:
    """How requests are read and answers written.

    `decode` gives the operation and its payload; it raises ServiceError. `encode` writes
    the success of an operation, `encode_error` a refusal, both with a request id.
    """

    decode: Callable[[Request], tuple[str, Any]]
    encode: Callable[[str, Mapping[str, Any] | None, str], Outcome]
    encode_error: Callable[[ServiceError, str], Outcome]


AWSJSON = Protocol(awsjson.decode, awsjson.encode, awsjson.encode_error)
RESTJSON = Protocol(restjson.decode, restjson.encode, restjson.encode_error)


def protocol_for(path: str) -> Protocol:
    """Tell which protocol a path asks for: the runtime's paths are REST, everything else is not."""
    return RESTJSON if path != "/" and restjson.is_runtime(path) else AWSJSON
