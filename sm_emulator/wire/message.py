"""A request and its outcome, apart from any HTTP library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Headers(Protocol):
    """Request headers, by lower-case name: a dict will do, and so do werkzeug's."""

    def get(self, name: str, default: str, /) -> str:
        """Look a header up."""


@dataclass(frozen=True, slots=True)
class Request:
    """What came in."""

    method: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes out; Content-Length and Date are the listener's."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
