"""The protocols, each as the same three functions; the path of a request selects one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sm_emulator.errors import ServiceError
from sm_emulator.wire import awsjson, restjson
from sm_emulator.wire.message import Outcome, Request


@dataclass(frozen=True, slots=True)
class Protocol:
    """Reads requests and writes responses.

    `decode` returns the operation and its payload; it raises ServiceError. `encode` writes a success of
    an operation, `encode_error` an error, both with a request id.
    """

    decode: Callable[[Request], tuple[str, Any]]
    encode: Callable[[str, Mapping[str, Any] | None, str], Outcome]
    encode_error: Callable[[ServiceError, str], Outcome]


AWSJSON = Protocol(awsjson.decode, awsjson.encode, awsjson.encode_error)
RESTJSON = Protocol(restjson.decode, restjson.encode, restjson.encode_error)


def protocol_for(path: str) -> Protocol:
    """Return the protocol of a path: REST JSON for the runtime's paths, AWS JSON for all others."""
    return RESTJSON if path != "/" and restjson.is_runtime(path) else AWSJSON
