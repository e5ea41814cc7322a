"""application/vnd.amazon.eventstream: events as frames, each with headers, a payload and two CRC32s.

A frame is: its length and that of its headers, the CRC of these eight bytes, headers, payload, and the
CRC of all before. Numbers are big-endian. A header is its name, the type 7 (a string) and its value.
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Mapping
from typing import Any

import orjson

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7


def event(name: str, payload: bytes) -> bytes:
    """Return the frame of an event whose payload is a blob."""
    headers = {
        ":event-type": name,
        ":content-type": "application/octet-stream",
        ":message-type": "event",
    }
    return _frame(headers, payload)


def exception(name: str, members: Mapping[str, Any]) -> bytes:
    """Return the frame of an error that ends a stream."""
    headers = {
        ":exception-type": name,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return _frame(headers, orjson.dumps(members))


def _frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    encoded = b"".join(
        struct.pack("!B", len(name))
        + name.encode()
        + struct.pack("!BH", _STRING, len(value))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(encoded) + len(payload), len(encoded))
    framed = prelude + struct.pack("!I", crc32(prelude)) + encoded + payload
    return framed + struct.pack("!I", crc32(framed))
