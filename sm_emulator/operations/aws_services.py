"""S3 and SNS, called on behalf of the client's account through the backend."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from sm_emulator.wire.message import Backend, Request


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
        return self._send("s3", "GET", uri)

    def write(self, uri: str, body: bytes, content_type: str) -> None:
        """Put an object."""
        self._send("s3", "PUT", uri, body, content_type)

    def publish(self, topic: str, message: str) -> None:
        """Publish to a topic, in the region of its ARN."""
        form = {"Action": "Publish", "TopicArn": topic, "Message": message, "Version": "2010-03-31"}
        self._send("sns", "POST", topic, urlencode(form).encode(), "application/x-www-form-urlencoded")

    def _send(
        self, service: str, method: str, target: str, body: bytes = b"", content_type: str = ""
    ) -> bytes:
        region = target.split(":")[3] if service == "sns" else self.region
        scope = f"{self.account}/20260101/{region}/{service}/aws4_request"
        headers = {
            "host": f"{service}.{region}.amazonaws.com",
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "content-type": content_type,
            "content-length": str(len(body)),
        }
        if self.backend is None:
            raise UnreachableError(f"{method} of {target}: no backend is configured for {service}")
        try:
            path = _path(target) if service == "s3" else "/"
            outcome = self.backend(Request(method, headers, body, path))
        except Exception as error:  # noqa: BLE001  whatever a backend raises is a failed call
            raise UnreachableError(f"{method} of {target}: {error}") from None
        if not 200 <= outcome.status < 300:  # noqa: PLR2004
            raise UnreachableError(f"{method} of {target} was answered with {outcome.status}")
        return outcome.body


def _path(uri: str) -> str:
    """Return the path-style path of `s3://bucket/key` or of S3's `https://bucket.s3….amazonaws.com/key`."""
    parts = urlsplit(uri)
    bucket = parts.netloc if parts.scheme == "s3" else parts.netloc.partition(".s3")[0]
    return quote(f"/{bucket}{parts.path}")
