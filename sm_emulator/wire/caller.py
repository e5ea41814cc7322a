"""Who calls: read from the credential scope and the User-Agent. No signature is checked here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs

from sm_emulator.wire.message import Headers

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
# SigV4a names no region in its scope
_SCOPE = re.compile(r"([^/,\s]+)/\d+/(?:([a-z0-9-]+)/)?([a-z0-9-]+)/aws4_request")
# SigV2, which boto3 still signs S3's URLs with by default
_V2 = re.compile(r"AWS ([^:\s]+):")
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
    `x-sm-emulator-consistency: strong`. `service` is whom the request is signed for, "" where nobody
    signed it.
    """

    account: str
    region: str
    service: str
    session: str
    session_name: str
    strong: bool


def identify(headers: Headers, query: str = "") -> Caller:
    """Tell who sent a request, signed in its headers or its query; unsigned, the defaults hold."""
    return _caller(
        _scope(headers.get("authorization", ""), query),
        headers.get("user-agent", ""),
        headers.get("x-sm-emulator-session", ""),
        headers.get("x-sm-emulator-consistency", ""),
    )


@lru_cache(maxsize=128)  # clients say the same of themselves in every request
def _caller(scope: tuple[str, str, str], agent: str, name: str, consistency: str) -> Caller:
    access_key, region, service = scope
    return Caller(
        account=access_key if _ACCOUNT.fullmatch(access_key) else DEFAULT_ACCOUNT,
        region=region,
        service=service,
        session=name or f"{access_key} {_FEATURES.sub('', agent)}",
        session_name=name,
        strong=consistency == "strong",
    )


def _scope(authorization: str, query: str) -> tuple[str, str, str]:
    """Read access key, region and service."""
    signed = authorization.partition("Credential=")[2]
    if query and not authorization:
        given = parse_qs(query)
        signed = given.get("X-Amz-Credential", [""])[0]
        if "AWSAccessKeyId" in given:
            authorization = f"AWS {given['AWSAccessKeyId'][0]}:"
    if scope := _SCOPE.match(signed):
        return scope[1], scope[2] or DEFAULT_REGION, scope[3]
    if old := _V2.match(authorization):
        return old[1], DEFAULT_REGION, "s3"
    return "", DEFAULT_REGION, ""
