"""Containers that reply with an echo, fixed bytes, a Python function, or a local server.

Functions and servers are foreign code. Whatever they do ends in a reply: of an error, if they raise, if
their response has the wrong type, or if it exceeds `limit` bytes or 10,000 parts.
"""

import http.client
import logging
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson

from sm_emulator.catalog import refusal
from sm_emulator.clock import LATEST, real_time
from sm_emulator.containers.invocation import TIMED_OUT, Broken, Container, Invocation, Reply

_SESSION_SECONDS = 300
_PART = 64 * 1024
_PARTS = 10_000
_TRACEBACK = 2000
_HEADER = "X-Amzn-SageMaker-"
_log = logging.getLogger(__name__)
_monotonic = real_time("monotonic")


def echo(invocation: Invocation, _timeout: float) -> Reply:
    """Reply with the variant, the model and the payload's size; begin a requested session for 5 min."""
    echoed: dict[str, Any] = {
        "variant": invocation.variant,
        "model": invocation.model,
        "payload_bytes": len(invocation.body),
    }
    if invocation.target_model:
        echoed["target_model"] = invocation.target_model
    session = ""
    if invocation.session_id == "NEW_SESSION":
        expires = datetime.fromtimestamp(min(invocation.at + _SESSION_SECONDS, LATEST), UTC)
        session = f"{invocation.request_id}; Expires={expires:%Y-%m-%dT%H:%M:%SZ}"
    return Reply(orjson.dumps(echoed), new_session_id=session)


def fixed(body: bytes, content_type: str, status: int) -> Container:
    """Reply the same every time."""
    reply = Reply(body, content_type, status)
    return lambda _invocation, _timeout: reply


def called(
    function: Callable[[Invocation], object], content_type: str, status: int, limit: int
) -> Container:
    """Reply with a function's result: bytes, a text, a Reply, an iterator of bytes, else JSON.

    An exception, sys.exit() included, is the model's failure: status 500, with the end of the traceback.
    """

    def container(invocation: Invocation, timeout: float) -> Reply:
        deadline = _monotonic() + timeout
        try:
            result = function(invocation)
            reply = result if isinstance(result, Reply) else None
            parts: list[bytes] = []
            _collect((reply.body, *reply.parts) if reply else _parts(result), limit, deadline, parts)
            return reply or Reply(b"".join(parts), content_type, status, parts=tuple(parts))
        except _TooLateError:
            return TIMED_OUT
        except BaseException as error:  # noqa: BLE001  no error of the function may end the emulator
            text = "".join(traceback.format_exception_only(error)).strip()
            # lone surrogates can be neither JSON nor, under pytest-xdist, a captured log line
            whole = "".join(traceback.format_exception(error)).encode(errors="backslashreplace").decode()
            _log.error("the model function of variant %s failed\n%s", invocation.variant, whole)
            trace = whole[-_TRACEBACK:]
            return Reply(text.encode(errors="replace"), "text/plain", 500, traceback=trace)

    return container


def _parts(result: object) -> Iterable[object]:
    match result:
        case bytes():
            return (result,)
        case str():
            return (result.encode(),)
        case dict() | list() | tuple() | int() | float() | None:
            return (orjson.dumps(result),)
        case _:
            return iter(result)  # type: ignore[call-overload,no-any-return]


class _TooLateError(TimeoutError):
    """A response is not complete at its deadline; unlike an error of the same kind in a function."""


def _collect(parts: Iterable[object], limit: int, deadline: float, collected: list[bytes]) -> None:
    """Append parts of a response. Raises ValueError if it is too large."""
    size = 0
    for part in parts:
        if not isinstance(part, bytes):
            raise TypeError(f"a part of a response must be bytes, not {type(part).__name__}")
        size += len(part)
        if size > limit or len(collected) == _PARTS:
            raise ValueError(f"the response exceeds {limit} bytes or {_PARTS} parts")
        if _monotonic() > deadline:
            raise _TooLateError
        collected.append(part)


def served(url: str, limit: int) -> Container:
    """Forward invocations to a server on this machine that follows the rules for containers.

    Before the first invocation, `/ping` must answer; then each is sent to `/invocations`.
    """
    address = urlsplit(url)
    base = address.path.rstrip("/")
    is_ready = False

    def container(invocation: Invocation, timeout: float) -> Reply:
        nonlocal is_ready
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout)
        deadline = _monotonic() + timeout
        try:
            if not is_ready:
                _ping(connection, base)
                is_ready = True
            connection.request("POST", f"{base}/invocations", invocation.body, _headers(invocation))
            with connection.getresponse() as answer:  # it owns the socket where the server will close
                return _reply(answer, limit, deadline)
        except TimeoutError:
            return TIMED_OUT
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Reply(f"The container at {url} did not answer: {error}".encode(), "text/plain", 0)
        finally:
            connection.close()

    return container


def _ping(connection: http.client.HTTPConnection, base: str) -> None:
    connection.request("GET", f"{base}/ping")
    with connection.getresponse() as answer:
        connection.close()  # whatever its body is, it is not read
    if answer.status != 200:  # noqa: PLR2004
        raise refusal("invoke-not-ready", what=f"The container answered /ping with {answer.status}")


def _headers(invocation: Invocation) -> dict[str, str]:
    headers = {
        "Content-Type": invocation.content_type,
        "Accept": invocation.accept,
        f"{_HEADER}Custom-Attributes": invocation.custom_attributes,
        f"{_HEADER}Inference-Id": invocation.inference_id,
        f"{_HEADER}Target-Model": invocation.target_model,
        f"{_HEADER}Session-Id": invocation.session_id,
        f"{_HEADER}Enable-Explanations": invocation.explanations,
    }
    return {name: value for name, value in headers.items() if value}


def _reply(answer: http.client.HTTPResponse, limit: int, deadline: float) -> Reply:
    parts: list[bytes] = []
    broken: Broken = ""
    try:
        _collect(iter(partial(answer.read1, _PART), b""), limit, deadline, parts)
        broken = "StreamBroken" if answer.length else ""
    except TimeoutError:
        broken = "ModelInvocationTimeExceeded"
    except (OSError, http.client.HTTPException):
        broken = "StreamBroken"
    return Reply(
        b"".join(parts),
        answer.getheader("Content-Type", ""),
        answer.status,
        answer.getheader(f"{_HEADER}Custom-Attributes", ""),
        answer.getheader(f"{_HEADER}New-Session-Id", ""),
        answer.getheader(f"{_HEADER}Closed-Session-Id", ""),
        tuple(parts),
        broken,
    )
