"""Requests signed by botocore, as its clients sign them."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sm_emulator.wire.message import Request

URL = "http://127.0.0.1:7243/"
TARGET = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.DescribeEndpoint"}


def at(basic: str) -> float:
    """Read a time in ISO 8601's basic format, into seconds since 1970."""
    return datetime.strptime(basic, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def signed(
    key: str,
    secret: str,
    now: float,
    *,
    token: str | None = None,
    region: str = "us-east-1",
    service: str = "sagemaker",
) -> dict[str, str]:
    """Return the headers of a signed DescribeEndpoint of {}."""
    signer = auth.SigV4Auth(Credentials(key, secret, token), service, region)
    return dict(request(signer, now).headers.items())


def request(
    signer: auth.SigV4Auth,
    now: float,
    url: str = URL,
    body: bytes = b"{}",
    headers: dict[str, str] | None = None,
    method: str = "POST",
) -> Request:
    """Return a request that botocore signs at a given time, as the wire decodes it.

    What it signs in the query has no body: botocore would put it there, too.
    """
    body = b"" if isinstance(signer, auth.SigV4QueryAuth) else body
    made = AWSRequest(method, url, {**TARGET, **(headers or {})}, body)
    clock = mock.patch.object(
        auth, "get_current_datetime", return_value=datetime.fromtimestamp(now, UTC)
    )
    with clock:
        signer.add_auth(made)
    sent = made.prepare()
    after = sent.url.removeprefix("http://127.0.0.1:7243")
    path, _, query = after.partition("?")
    named = {"host": "127.0.0.1:7243"}
    for name, value in sent.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        named[name.lower()] = text.encode().decode("latin-1")
    return Request(method, named, body, path, query)
