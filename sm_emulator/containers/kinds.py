"""The ways to answer for a container: an echo, fixed bytes, a function of yours, a server of yours."""

from __future__ import annotations

import http.client
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from sm_emulator.containers.exchange import TIMED_OUT, Broken, Container, Invocation, Reply
from sm_emulator.errors import ServiceError

_SESSION_SECONDS = 300
_PART = 64 * 1024
_HEADER = "X-Amzn-SageMaker-"


def echo(invocation: Invocation, _timeout: float) -> Reply:
    """Tell who was asked and how much; a session that is asked for begins, for five minutes."""
    told: dict[str, Any] = {
        "variant": invocation.variant,
        "model": invocation.model,
        "payload_bytes": len(invocation.body),
    }
    if invocation.target_model:
        told["target_model"] = invocation.target_model
    begun = ""
    if invocation.session_id == "NEW_SESSION":
        expires = datetime.fromtimestamp(invocation.at + _SESSION_SECONDS, UTC)
        begun = f"{invocation.request_id}; Expires={expires:%Y-%m-%dT%H:%M:%SZ}"
    return Reply(orjson.dumps(told), new_session_id=begun)


def fixed(body: bytes, content_type: str, status: int) -> Container:
    """Reply the same, always."""
    reply = Reply(body, content_type, status)
    return lambda _invocation, _timeout: reply


def called(function: Callable[[Invocation], object], content_type: str, status: int) -> Container:
    """Reply what a function gives: bytes, a text, a Reply, an iterator of bytes, else JSON.

    What it raises is the model's failure: status 500, with the end of the traceback.
    """

    def container(invocation: Invocation, _timeout: float) -> Reply:
        try:
            given = function(invocation)
            if isinstance(given, Reply):
                return given
            parts = tuple(_parts(given))
        except Exception as error:  # noqa: BLE001  whatever it is, it is the model's, not ours
            told = "".join(traceback.format_exception_only(error)).strip()
            return Reply(told.encode(), "text/plain", 500)
        return Reply(b"".join(parts), content_type, status, parts=parts)

    return container


def _parts(given: object) -> Iterable[bytes]:
    match given:
        case bytes():
            return (given,)
        case str():
            return (given.encode(),)
        case dict() | list() | tuple() | int() | float() | None:
            return (orjson.dumps(given),)
        case _:
            return iter(given)  # type: ignore[call-overload,no-any-return]


def served(url: str) -> Container:
    """Reply what a server on this machine does, by the rules for containers.

    It is asked at `/ping` once, before its first invocation, and then at `/invocations`.
    """
    where = urlsplit(url)
    base = where.path.rstrip("/")
    is_ready = False

    def container(invocation: Invocation, timeout: float) -> Reply:
        nonlocal is_ready
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=timeout)
        try:
            if not is_ready:
                _ping(connection, base)
                is_ready = True
            connection.request("POST", f"{base}/invocations", invocation.body, _asked(invocation))
            return _reply(connection.getresponse())
        except TimeoutError:
            return TIMED_OUT
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Reply(f"The container at {url} did not answer: {error}".encode(), "text/plain", 0)
        finally:
            connection.close()

    return container


def _ping(connection: http.client.HTTPConnection, base: str) -> None:
    connection.request("GET", f"{base}/ping")
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:  # noqa: PLR2004
        # AWS would not have put the endpoint in service; its text for a model that is loading is not
        # public
        message = f"The container answered /ping with {answer.status}. Wait and try your request again."
        raise ServiceError("ModelNotReadyException", message, status=429)


def _asked(invocation: Invocation) -> dict[str, str]:
    told = {
        "Content-Type": invocation.content_type,
        "Accept": invocation.accept,
        f"{_HEADER}Custom-Attributes": invocation.custom_attributes,
        f"{_HEADER}Inference-Id": invocation.inference_id,
        f"{_HEADER}Target-Model": invocation.target_model,
        f"{_HEADER}Session-Id": invocation.session_id,
        f"{_HEADER}Enable-Explanations": invocation.explanations,
    }
    return {name: value for name, value in told.items() if value}


def _reply(answer: http.client.HTTPResponse) -> Reply:
    parts, broken = _read(answer)
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


def _read(answer: http.client.HTTPResponse) -> tuple[list[bytes], Broken]:
    parts: list[bytes] = []
    try:
        while part := answer.read1(_PART):
            parts.append(part)
    except TimeoutError:
        return parts, "ModelInvocationTimeExceeded"
    except (OSError, http.client.HTTPException):
        return parts, "StreamBroken"
    return parts, "StreamBroken" if answer.length else ""
