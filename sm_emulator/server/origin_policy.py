"""Who is let in, by what a browser tells of the page that asks: no page of elsewhere, by no trick."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address

import orjson

from sm_emulator.wire import Outcome
from sm_emulator.wire.message import Headers

_READING = frozenset({"GET", "HEAD"})
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:/?#@,\s]+)(?::[0-9]{0,5})?")
_ORIGIN = re.compile(r"https?://(.+)")


@dataclass(frozen=True, slots=True)
class OriginPolicy:
    """Tells loopback and `allowed_hosts` from everybody else."""

    allowed_hosts: Collection[str]

    def refusal(self, method: str, headers: Headers, *, is_admin: bool) -> Outcome | None:
        """Refuse a request, or give None to let it in."""
        return self._of_page(headers) or (self._of_admin(method, headers) if is_admin else None)

    def _of_page(self, headers: Headers) -> Outcome | None:
        """Let no page of another site ask anything, AWS's operations included.

        Browsers name the page in Origin, with every POST and with all that a script could read. What
        has no Origin, as a picture or a link, they mark in Sec-Fetch-Site.
        """
        origin = headers.get("origin", "")
        found = _ORIGIN.fullmatch(origin)
        if origin and not (found and self._knows(found[1])):
            message = f"origin {origin!r} is neither loopback nor listed in server.allowed_hosts"
            return _refusal(403, "PageNotAllowed", message)
        if not origin and headers.get("sec-fetch-site", "") == "cross-site":
            return _refusal(403, "PageNotAllowed", "this comes from a web page of another site")
        return None

    def _of_admin(self, method: str, headers: Headers) -> Outcome | None:
        """Keep pages out of the admin API: by Host against DNS rebinding, by content type against forms.

        A page can send a form or plain text across sites, but no JSON without being asked first.
        """
        host = headers.get("host", "")
        if not self._knows(host):
            message = f"host {host!r} is neither loopback nor listed in server.allowed_hosts"
            return _refusal(403, "HostNotAllowed", message)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method not in _READING and kind != "application/json":
            message = f"content type {kind!r}: what changes state must be application/json"
            return _refusal(415, "UnsupportedMediaType", message)
        return None

    def _knows(self, authority: str) -> bool:
        found = _AUTHORITY.fullmatch(authority)
        host = found[1].strip("[]") if found else ""
        return host in self.allowed_hosts or is_loopback(host)


def is_loopback(host: str) -> bool:
    """Tell whether a name or address means this machine, without asking any name server."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal(status: int, code: str, message: str) -> Outcome:
    """Refuse in the one shape that errors of the admin API have."""
    body = orjson.dumps({"error": {"code": code, "message": message, "path": None}})
    return Outcome(status, (("Content-Type", "application/json"),), body)
