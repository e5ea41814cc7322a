"""The checks of a signature, in the order and with the texts that dynalite observed of DynamoDB.

SageMaker uses the same protocol on the same framework; none of this was observed of SageMaker itself.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sm_emulator.auth.signature import ALGORITHM, MINUTES, Signature, basic, sign, signature_of
from sm_emulator.errors import ConfigurationError, Problem, ServiceError
from sm_emulator.wire import Request

# The secret of our own clients and of the environment variables for other processes
SECRET = "emulated"  # noqa: S105  it protects nothing, and is in the documentation
# Checks a request at a time by the wall clock; raises ServiceError for a bad signature
Verify = Callable[[Request, float], None]

_SERVICE = "sagemaker"
_TERMINATOR = "aws4_request"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_ELEMENTS = 5
_SKEW = timedelta(minutes=MINUTES)
_DATE_DIFFERS = (
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
)
_FIVE = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details."
)


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
    ends = None if expires is None else _seconds(f"auth.credentials.{key}.expires", expires)
    return Credential(given["secret"], given.get("session_token", ""), ends)


def _seconds(path: str, text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        problem = Problem(path, f"{text!r} is not a time like 2026-12-31T23:59:59Z")
        raise ConfigurationError(problem) from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def verifier(credentials: Mapping[str, Credential]) -> Verify:
    """Build the check of requests; without `credentials`, every key id with SECRET passes."""

    def verify(request: Request, wall: float) -> None:
        signature = signature_of(request)
        _check_time(signature, datetime.fromtimestamp(wall, UTC))
        _check_form(signature)
        key = _check_scope(signature)
        credential = credentials.get(key) if credentials else Credential(SECRET, None)
        if credential is None:
            raise _unrecognized()
        if not _same(sign(credential.secret, request, signature), signature.signature):
            raise _invalid(_MISMATCH)
        _check_token(credential, signature.token, wall)

    return verify


def skip_verification(_: Request, __: float) -> None:
    """Accept any request."""


def _check_time(signature: Signature, now: datetime) -> None:
    oldest = now - timedelta(seconds=signature.lasts)
    if signature.at < oldest:
        allowed = f"{basic(now)} - {signature.lasts // 60} min."
        raise _invalid(
            f"Signature expired: {signature.date} is now earlier than {basic(oldest)} ({allowed})"
        )
    if signature.at > now + _SKEW:
        latest = f"{basic(now + _SKEW)} ({basic(now)} + {MINUTES} min.)"
        raise _invalid(f"Signature not yet current: {signature.date} is still later than {latest}")


def _check_form(signature: Signature) -> None:
    if "host" not in signature.headers:
        raise _invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    if signature.algorithm != ALGORITHM:
        what = f"'{signature.algorithm}' (only {ALGORITHM} for now). "
        raise ServiceError("IncompleteSignatureException", f"Unsupported AWS 'algorithm': {what}")


def _check_scope(signature: Signature) -> str:
    """Return the access key id of a credential. Raises ServiceError if its scope is wrong."""
    parts = signature.credential.rstrip("/").split("/")
    if len(parts) != _ELEMENTS:
        message = f"{_FIVE}, got '{signature.credential}'"
        raise ServiceError("IncompleteSignatureException", message)
    key, date, region, service, terminator = parts
    should = {
        f"a valid region, not '{region}'. ": _REGION.fullmatch(region),
        f"correct service: '{_SERVICE}'. ": service == _SERVICE,
    }
    wrong = "".join(
        f"Credential should be scoped to {what}" for what, is_so in should.items() if not is_so
    )
    if terminator != _TERMINATOR:
        ends = f"'{_TERMINATOR}', not '{terminator}'. "
        wrong += f"Credential should be scoped with a valid terminator: {ends}"
    if date != signature.date[:8]:
        differ = f"'{date}' != '{signature.date[:8]}', from '{signature.date}'."
        wrong += f"{_DATE_DIFFERS}: {differ}"
    if wrong:
        raise _invalid(wrong)
    return key


def _check_token(credential: Credential, token: str, wall: float) -> None:
    if credential.token is not None and not _same(credential.token, token):
        raise _unrecognized()
    if credential.expires is not None and wall >= credential.expires:
        message = "The security token included in the request is expired"
        raise ServiceError("ExpiredTokenException", message)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _unrecognized() -> ServiceError:
    message = "The security token included in the request is invalid."
    return ServiceError("UnrecognizedClientException", message)


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidSignatureException", message)
