"""Who calls: read from the credential scope and the User-Agent. No signature is checked here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sm_emulator.wire.message import Headers

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d+/([a-z0-9-]+)/")
# SDKs list in the User-Agent the features that a call uses: botocore another in each waiter and
# paginator (seen with 1.44.5). They are no part of who calls.
_FEATURES = re.compile(r"\bm/[^ ]*")
_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Caller:
    """The account is the access key id where that is 12 digits, so that a key isolates a test.

    `session` is what session guarantees hold for: the name that the client chose by
    `x-sm-emulator-session`, else access key and User-Agent, without the list of features in it.
    `session_name` is that name or "". `strong` asks for consistent reads, by
    `x-sm-emulator-consistency: strong`.
    """

    account: str
    region: str
    session: str
    session_name: str
    strong: bool


def identify(headers: Headers) -> Caller:
    """Tell who sent a request with these headers; without credentials, the defaults."""
    access_key, region = _scope(headers.get("authorization", ""))
    name = headers.get("x-sm-emulator-session", "")
    return Caller(
        account=access_key if _ACCOUNT.fullmatch(access_key) else DEFAULT_ACCOUNT,
        region=region,
        session=name or f"{access_key} {_FEATURES.sub('', headers.get('user-agent', ''))}",
        session_name=name,
        strong=headers.get("x-sm-emulator-consistency", "") == "strong",
    )


def _scope(authorization: str) -> tuple[str, str]:
    scope = _SCOPE.search(authorization)
    return (scope[1], scope[2]) if scope else ("", DEFAULT_REGION)
