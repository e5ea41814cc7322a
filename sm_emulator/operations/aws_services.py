"""S3 and SNS, called on behalf of the client's account through the backend."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from sm_emulator.wire import Backend, Request


class UnreachableError(Exception):
    """A call of S3 or SNS failed; the message says which."""


@dataclass(frozen=True, slots=True)
class AwsServices:
    """S3 and SNS, answered by `backend`. Every method blocks, and raises UnreachableError."""

    backend: Backend | None
    account: str
    region: str

    def read(self, uri: str) -> bytes:
        """Get an object."""
        return self._send("s3", Request("GET", {}, b"", _path(uri)), uri)

    def write(self, uri: str, body: bytes, content_type: str) -> None:
        """Put an object."""
        self._send("s3", Request("PUT", {"content-type": content_type}, body, _path(uri)), uri)

    def publish(self, topic: str, message: str) -> None:
        """Publish to a topic, in the region of its ARN."""
        form = {"Action": "Publish", "TopicArn": topic, "Message": message, "Version": "2010-03-31"}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        self._send("sns", Request("POST", headers, urlencode(form).encode(), "/"), topic)

    def _send(self, service: str, request: Request, target: str) -> bytes:
        region = target.split(":")[3] if service == "sns" else self.region
        scope = f"{self.account}/20260101/{region}/{service}/aws4_request"
        headers = {
            "host": f"{service}.{region}.amazonaws.com",
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "content-type": request.headers.get("content-type", ""),
            "content-length": str(len(request.body)),
        }
        if self.backend is None:
            message = f"{request.method} of {target}: no backend is configured for {service}"
            raise UnreachableError(message)
        try:
            outcome = self.backend(Request(request.method, headers, request.body, request.path))
        except Exception as error:  # noqa: BLE001  whatever a backend raises is a failed call
            raise UnreachableError(f"{request.method} of {target}: {error}") from None
        if not 200 <= outcome.status < 300:  # noqa: PLR2004
            raise UnreachableError(f"{request.method} of {target} was answered with {outcome.status}")
        return outcome.body


def _path(uri: str) -> str:
    """Return the path-style path of `s3://bucket/key` or of S3's `https://bucket.s3….amazonaws.com/key`."""
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise UnreachableError(f"{uri}: {error}") from None
    bucket = parts.netloc if parts.scheme == "s3" else parts.netloc.partition(".s3")[0]
    return quote(f"/{bucket}{parts.path}")
