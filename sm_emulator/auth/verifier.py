"""The checks of a signature, in the order and with the texts that dynalite observed of DynamoDB.

SageMaker uses the same protocol on the same framework; none of this was observed of SageMaker itself.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sm_emulator.auth.signature import (
    ALGORITHM,
    MINUTES,
    Signature,
    basic,
    load_signer,
    sign,
    signature_of,
)
from sm_emulator.catalog import refusal, table
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.wire.message import Request

# The secret of our own clients and of the environment variables for other processes
SECRET = "emulated"  # noqa: S105  it protects nothing, and is in the documentation
# Checks a request at a time by the wall clock; raises ServiceError for a bad signature
Verify = Callable[[Request, float], None]

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_ELEMENTS = 5
_SKEW = timedelta(minutes=MINUTES)


@dataclass(frozen=True, slots=True)
class Credential:
    """The secret of an access key, which is never shown.

    `token`: the session token that is required with it, "" for none; None accepts any. `expires`: its
    end in seconds since 1970, None for never.
    """

    secret: str = field(repr=False)
    token: str | None = field(default="", repr=False)
    expires: float | None = None


def credentials_of(table: Mapping[str, Any]) -> dict[str, Credential]:
    """Return the credentials by access key id. Raises ConfigurationError for an invalid time."""
    return {key: _credential(key, given) for key, given in table.items()}


def _credential(key: str, given: str | Mapping[str, str]) -> Credential:
    if isinstance(given, str):
        return Credential(given)
    expires = given.get("expires")
    token = given.get("session_token", "")
    if expires is None:
        return Credential(given["secret"], token)
    try:
        time = datetime.fromisoformat(expires)
    except ValueError:
        text = f"{expires!r} is not a time like 2026-12-31T23:59:59Z"
        raise ConfigurationError(Problem(f"auth.credentials.{key}.expires", text)) from None
    ends = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    return Credential(given["secret"], token, ends)


def verifier(credentials: Mapping[str, Credential]) -> Verify:
    """Build the check of requests; without `credentials`, every key id with SECRET passes."""
    load_signer()

    def verify(request: Request, wall: float) -> None:
        signature = signature_of(request)
        _check_time(signature, datetime.fromtimestamp(wall, UTC))
        if "host" not in signature.headers:
            raise refusal("signature-host")
        if signature.algorithm != ALGORITHM:
            raise refusal("signature-algorithm", algorithm=signature.algorithm)
        key = _check_scope(signature)
        credential = credentials.get(key) if credentials else Credential(SECRET, None)
        if credential is None:
            raise refusal("signature-key")
        if not _same(sign(credential.secret, request, signature), signature.signature):
            raise refusal("signature-mismatch")
        if credential.token is not None and not _same(credential.token, signature.token):
            raise refusal("signature-key")
        if credential.expires is not None and wall >= credential.expires:
            raise refusal("signature-ended")

    return verify


def skip_verification(_: Request, __: float) -> None:
    """Accept any request."""


def _check_time(signature: Signature, now: datetime) -> None:
    oldest, latest = now - timedelta(seconds=signature.lasts), now + _SKEW
    values = {"date": signature.date, "now": basic(now)}
    if signature.at < oldest:
        minutes = signature.lasts // 60
        raise refusal("signature-expired", oldest=basic(oldest), minutes=minutes, **values)
    if signature.at > latest:
        raise refusal("signature-early", latest=basic(latest), minutes=MINUTES, **values)


def _check_scope(signature: Signature) -> str:
    """Return the access key id of a credential. Raises ServiceError if its scope is wrong."""
    parts = signature.credential.rstrip("/").split("/")
    if len(parts) != _ELEMENTS:
        raise refusal("signature-elements", credential=signature.credential)
    key, date, region, service, terminator = parts
    day = signature.date[:8]
    is_right = {
        "region": _REGION.fullmatch(region),
        "service": service == "sagemaker",
        "terminator": terminator == "aws4_request",
        "date": date == day,
    }
    texts = table("refusals")["signature-scope"]["parts"]
    wrong = "".join(texts[part] for part, right in is_right.items() if not right)
    if wrong:
        values = {"region": region, "terminator": terminator, "date": date, "day": day}
        raise refusal("signature-scope", text=wrong.format(signed=signature.date, **values))
    return key


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
