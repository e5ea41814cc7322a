"""The signature that a request carries in its headers or its query, and the one that it should carry.

Signature Version 4 as AWS documents it for all services but S3: path segments are encoded twice. A test
holds it to botocore's signer.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from sm_emulator.errors import ServiceError
from sm_emulator.wire import Request

ALGORITHM = "AWS4-HMAC-SHA256"
MINUTES = 15
_IN_HEADER = ("Credential", "Signature", "SignedHeaders")
_IN_QUERY = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)
_BASIC = "%Y%m%dT%H%M%SZ"
_A_WEEK = 604_800
_EXPIRES = re.compile(r"[0-9]{1,6}")
# What may stand in the place of the hash of a body that is not signed, or is signed part by part
_NO_HASH = re.compile(r"UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+")


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request says of its signature; `headers` are the signed ones, in lower case.

    `token` is the session's, "" for none; `at` when it was signed, `lasts` for how many seconds from
    then it holds.
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
        """When it was signed, in ISO 8601's basic format."""
        return basic(self.at)


def basic(time: datetime) -> str:
    """Write a time in ISO 8601's basic format."""
    return time.strftime(_BASIC)


def signature_of(request: Request) -> Signature:
    """Read the signature of a request. Raises ServiceError where it has none, or not all of one."""
    authorization = request.headers.get("authorization", "").strip()
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if authorization.startswith("AWS4-"):
        return _of_headers(request, authorization)
    if "X-Amz-Algorithm" in query and not authorization:
        return _of_query(query)
    # the text of DynamoDB; SageMaker's was not seen
    raise ServiceError("MissingAuthenticationTokenException", "Request is missing Authentication Token")


def sign(secret: str, request: Request, signature: Signature) -> str:
    """Compute what the signature should be, for a credential scope that is complete."""
    scope = signature.credential.rstrip("/").partition("/")[2]
    hashed = sha256(_canonical(request, signature)).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return _hmac(key, f"{signature.algorithm}\n{signature.date}\n{scope}\n{hashed}").hex()


def _of_headers(request: Request, authorization: str) -> Signature:
    algorithm, _, rest = authorization.partition(" ")
    given = {name.strip(): value for name, _, value in (p.partition("=") for p in rest.split(","))}
    date = request.headers.get("x-amz-date", "") or request.headers.get("date", "")
    lacks = [f"Authorization header requires '{n}' parameter. " for n in _IN_HEADER if not given.get(n)]
    if not date:
        existence = "existence of either a 'X-Amz-Date' or a 'Date' header. "
        lacks.append(f"Authorization header requires {existence}")
    if lacks:
        raise _incomplete(f"{''.join(lacks)}Authorization={authorization}")
    headers = tuple(given["SignedHeaders"].lower().split(";"))
    token = request.headers.get("x-amz-security-token", "")
    return Signature(algorithm, given["Credential"], headers, given["Signature"], token, _time(date))


def _of_query(query: Mapping[str, str]) -> Signature:
    lacks = [f"AWS query-string parameters must include '{n}'. " for n in _IN_QUERY if not query.get(n)]
    if lacks:
        raise _incomplete(f"{''.join(lacks)}Re-examine the query-string parameters.")
    algorithm, credential, signature, headers, date = (query[name] for name in _IN_QUERY)
    lasts = query.get("X-Amz-Expires", str(MINUTES * 60))
    if not (_EXPIRES.fullmatch(lasts) and 0 < int(lasts) <= _A_WEEK):
        raise _incomplete(f"X-Amz-Expires must be a number of seconds from 1 to {_A_WEEK}.")
    signed, token = tuple(headers.lower().split(";")), query.get("X-Amz-Security-Token", "")
    return Signature(algorithm, credential, signed, signature, token, _time(date), int(lasts))


def _time(text: str) -> datetime:
    for read in (_basic, parsedate_to_datetime):
        try:
            return read(text).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    raise _incomplete(
        f"Date must be in ISO-8601 'basic format'. Got '{text}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def _basic(text: str) -> datetime:
    return datetime.strptime(text, _BASIC).replace(tzinfo=UTC)


def _canonical(request: Request, signature: Signature) -> bytes:
    lines = [request.method.encode(), _path(request.path), _query(request.query)]
    lines += [b"%b:%b" % (name.encode(), _value(request, name)) for name in signature.headers]
    lines += [b"", ";".join(signature.headers).encode(), _payload(request)]
    return b"\n".join(lines)


def _path(path: str) -> bytes:
    """Encode a path once more, without empty segments and dots."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return f"/{quote('/'.join(kept), safe='/~', encoding='latin-1')}{end}".encode()


def _query(query: str) -> bytes:
    return "&".join(sorted(_pairs(query))).encode()


def _pairs(query: str) -> Iterator[str]:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if part and name != "X-Amz-Signature":
            yield "=".join(quote(unquote_to_bytes(text), safe="-_.~") for text in (name, value))


def _value(request: Request, name: str) -> bytes:
    return b" ".join(request.headers.get(name, "").encode("latin-1").split())


def _payload(request: Request) -> bytes:
    stated = request.headers.get("x-amz-content-sha256", "")
    return (stated if _NO_HASH.fullmatch(stated) else sha256(request.body).hexdigest()).encode()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode("latin-1"), "sha256")


def _incomplete(message: str) -> ServiceError:
    return ServiceError("IncompleteSignatureException", message)
