"""Model functions that misbehave, as `models.responses` of the besieged server names them."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from sm_emulator.containers import Reply

MEGABYTE = b"x" * 1_000_000


class Last(BaseException):
    """Not an Exception."""


def sys_exit(_: Any) -> bytes:
    sys.exit(1)


def keyboard_interrupt(_: Any) -> bytes:
    raise KeyboardInterrupt


def generator_exit(_: Any) -> bytes:
    raise GeneratorExit


def stop_iteration(_: Any) -> bytes:
    raise StopIteration(b"x")


def base_exception(_: Any) -> bytes:
    raise Last


def recursion(_: Any) -> bytes:
    return recursion(_)


def exits_in_a_stream(_: Any) -> Iterator[bytes]:
    yield b"first"
    sys.exit(1)


def a_bytearray(_: Any) -> Any:
    return bytearray(b"x")


def a_memoryview(_: Any) -> Any:
    return memoryview(b"x")


def a_set(_: Any) -> Any:
    return {1, 2}


def an_object(_: Any) -> Any:
    return object()


def strings(_: Any) -> Iterator[Any]:
    yield from ("a", "b")


def a_wrong_reply(_: Any) -> Any:
    return Reply(status="high", body=12, content_type=None)  # type: ignore[arg-type]


def a_unicode_reply(_: Any) -> Any:
    return Reply(body=b"x", content_type="text/csv; name=日本€")


def endless(_: Any) -> Iterator[bytes]:
    yield from itertools.repeat(b"x" * 1000)


def huge(_: Any) -> Iterator[bytes]:
    yield from itertools.repeat(MEGABYTE, 200)


def slow(_: Any) -> bytes:
    time.sleep(float(os.environ.get("SIEGE_SLOW", "30")))
    return b"late"


def echo(_: Any) -> bytes:
    return b"echo"


def calls_back(_: Any) -> bytes:
    """List S3's buckets and invoke another endpoint, through the emulator that called this."""
    s3 = {"Authorization": authorization("s3")}
    listed = answer("GET", "/", b"", s3)
    invoked = answer("POST", "/endpoints/echo/invocations", b"x", {})
    time.sleep(0.5)
    return json.dumps([listed, invoked]).encode()


def authorization(service: str, key: str = "123456789012") -> str:
    scope = f"{key}/20260101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def answer(method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["SIEGE_PORT"]), timeout=60)
    try:
        connection.request(method, path, body, headers)
        answered = connection.getresponse()
        answered.read()
        return answered.status
    finally:
        connection.close()
