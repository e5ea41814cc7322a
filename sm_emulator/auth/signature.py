"""The signature of a request, read from its headers or its query, and the correct one.

Signature Version 4 as AWS documents it for all services but S3: path segments are encoded twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import import_module
from types import SimpleNamespace
from urllib.parse import parse_qsl

from sm_emulator.catalog import refusal
from sm_emulator.wire.message import Request

ALGORITHM = "AWS4-HMAC-SHA256"
MINUTES = 15
_IN_HEADER = ("Credential", "Signature", "SignedHeaders")
_IN_QUERY = tuple(
    f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Signature", "SignedHeaders", "Date")
)
_BASIC = "%Y%m%dT%H%M%SZ"
_A_WEEK = 604_800
_EXPIRES = re.compile(r"[0-9]{1,6}")
# Replacements for the hash of a body that is not signed, or is signed part by part
_NO_HASH = re.compile(r"UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+")


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of a request; `headers` are the signed ones, in lower case.

    `token` is the session token, "" for none. It is valid for `lasts` seconds from `at` on.
    """

    algorithm: str
    credential: str
    headers: tuple[str, ...]
    signature: str
    token: str
    at: datetime
    lasts: int = MINUTES * 60

    @property
    def date(self) -> str:
        """Return the time of signing in ISO 8601's basic format."""
        return basic(self.at)


class _SignedHeaders(dict[str, str]):
    """Headers as the signer reads them; botocore's own class takes quadratic time."""

    def get_all(self, name: str) -> list[str]:
        return [self[name]]


def basic(time: datetime) -> str:
    """Format a time in ISO 8601's basic format."""
    return time.strftime(_BASIC)


def signature_of(request: Request) -> Signature:
    """Read the signature of a request. Raises ServiceError if it is missing or incomplete."""
    authorization = request.headers.get("authorization", "").strip()
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if authorization.startswith("AWS4-"):
        return _of_headers(request, authorization)
    if "X-Amz-Algorithm" in query and not authorization:
        return _of_query(query)
    raise refusal("signature-missing")


def load_signer() -> None:
    """Import botocore's signer: it takes 50 ms, which no request should wait for."""
    import_module("botocore.auth")  # only `auth.verify` pays for it


def sign(secret: str, request: Request, signature: Signature) -> str:
    """Return the correct signature of a request, by botocore's signer; the scope must be complete."""
    from botocore.auth import SigV4Auth  # noqa: PLC0415  late: only `auth.verify` pays for it
    from botocore.credentials import Credentials  # noqa: PLC0415

    key, _, region, service, *_ = signature.credential.split("/")
    headers = _SignedHeaders((h, _utf8(request.headers.get(h, ""))) for h in signature.headers)
    stated = request.headers.get("x-amz-content-sha256", "")
    pairs = [p for p in request.query.split("&") if not p.startswith("X-Amz-Signature=")]
    signer = SigV4Auth(Credentials(key, secret), service, region)
    signer.headers_to_sign = lambda _: headers  # those that the client chose
    signed = SimpleNamespace(
        method=request.method,
        url=f"http://localhost{_utf8(request.path)}?{'&'.join(pairs)}",
        params=None,
        headers={"X-Amz-Content-SHA256": stated} if _NO_HASH.fullmatch(stated) else {},
        body=request.body,
        context={"timestamp": signature.date},
    )
    to_sign = signer.string_to_sign(signed, signer.canonical_request(signed))
    correct: str = signer.signature(to_sign, signed)
    return correct


def _of_headers(request: Request, authorization: str) -> Signature:
    algorithm, _, rest = authorization.partition(" ")
    given = {name.strip(): value for name, _, value in (p.partition("=") for p in rest.split(","))}
    date = request.headers.get("x-amz-date", "") or request.headers.get("date", "")
    lacks = [f"Authorization header requires '{n}' parameter. " for n in _IN_HEADER if not given.get(n)]
    if not date:
        header = "existence of either a 'X-Amz-Date' or a 'Date' header"
        lacks.append(f"Authorization header requires {header}. ")
    if lacks:
        text = f"{''.join(lacks)}Authorization={authorization}"
        raise refusal("signature-incomplete", text=text)
    headers = tuple(given["SignedHeaders"].lower().split(";"))
    token = request.headers.get("x-amz-security-token", "")
    return Signature(algorithm, given["Credential"], headers, given["Signature"], token, _time(date))


def _of_query(query: Mapping[str, str]) -> Signature:
    lacks = [f"AWS query-string parameters must include '{n}'. " for n in _IN_QUERY if not query.get(n)]
    if lacks:
        text = f"{''.join(lacks)}Re-examine the query-string parameters."
        raise refusal("signature-incomplete", text=text)
    algorithm, credential, signature, headers, date = (query[name] for name in _IN_QUERY)
    lasts = query.get("X-Amz-Expires", str(MINUTES * 60))
    if not (_EXPIRES.fullmatch(lasts) and 0 < int(lasts) <= _A_WEEK):
        text = f"X-Amz-Expires must be a number of seconds from 1 to {_A_WEEK}."
        raise refusal("signature-incomplete", text=text)
    signed, token = tuple(headers.lower().split(";")), query.get("X-Amz-Security-Token", "")
    return Signature(algorithm, credential, signed, signature, token, _time(date), int(lasts))


def _time(text: str) -> datetime:
    for read in (_basic, parsedate_to_datetime):
        try:
            return read(text).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    raise refusal("signature-date", date=text)


def _basic(text: str) -> datetime:
    return datetime.strptime(text, _BASIC).replace(tzinfo=UTC)


def _utf8(text: str) -> str:
    return text.encode("latin-1", "replace").decode(errors="replace")
