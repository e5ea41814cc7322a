"""Models as Python functions, as a user would write them."""

from __future__ import annotations

from collections.abc import Iterator

from sm_emulator.containers import Invocation, Reply

KEPT: list[Invocation] = []
NOT_A_FUNCTION = 5


def body(invocation: Invocation) -> bytes:
    return invocation.body


def keep(invocation: Invocation) -> str:
    KEPT.append(invocation)
    return "kept"


def text(_: Invocation) -> str:
    return "é"


def data(_: Invocation) -> dict[str, list[int]]:
    return {"predictions": [1]}


def parts(_: Invocation) -> Iterator[bytes]:
    yield b"one "
    yield b"two"


def attributes(invocation: Invocation) -> Reply:
    return Reply(b"x", "text/plain", custom_attributes=f"seen {invocation.custom_attributes}")


def fails(_: Invocation) -> None:
    raise ValueError("Feature size is not consistent")


def refuses(_: Invocation) -> Reply:
    return Reply(b"no", "text/plain", 400)


def session(invocation: Invocation) -> Reply:
    if invocation.body == b"close":
        return Reply(b"", closed_session_id=invocation.session_id)
    begun = "s-1; Expires=2026-01-01T00:05:00Z" if invocation.session_id == "NEW_SESSION" else ""
    return Reply(b"", new_session_id=begun)


def broken_attributes(_: Invocation) -> Reply:
    return Reply(b"", custom_attributes="a\r\nX: y")


def broken_content_type(_: Invocation) -> Reply:
    return Reply(b"", "text/ü")
