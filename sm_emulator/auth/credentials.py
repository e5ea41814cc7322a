"""Who may sign: the access keys of the setting `auth.credentials`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sm_emulator.errors import ConfigurationError, Problem

# What our own clients and the variables for other processes sign with
SECRET = "emulated"  # noqa: S105  it keeps nobody out, and is in the documentation


@dataclass(frozen=True, slots=True)
class Credential:
    """The secret of an access key, which never shows.

    `token`: the session token that must come with it, "" for none; None lets any come. `expires`: when
    it ends, in seconds since 1970, None for never.
    """

    secret: str = field(repr=False)
    token: str | None = field(default="", repr=False)
    expires: float | None = None


def credentials_of(table: Mapping[str, Any]) -> dict[str, Credential]:
    """Read the setting, by access key id. Raises ConfigurationError for what is no time."""
    return {key: _credential(key, given) for key, given in table.items()}


def _credential(key: str, given: str | Mapping[str, str]) -> Credential:
    if isinstance(given, str):
        return Credential(given)
    expires = given.get("expires")
    ends = None if expires is None else _seconds(f"auth.credentials.{key}.expires", expires)
    return Credential(given["secret"], given.get("session_token", ""), ends)


def _seconds(path: str, text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        problem = Problem(path, f"{text!r} is no time like 2026-12-31T23:59:59Z")
        raise ConfigurationError(problem) from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
