"""An invocation of a container and its reply, apart from how the container is reached."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args


@dataclass(frozen=True, slots=True)
class Invocation:
    """One invocation of a model, as its container sees it.

    `model` and `image` are "" if there is none; so is every text that the client did not send.
    `request_id` is the UUID of the request, `at` the scenario's time in seconds since 1970.
    """

    endpoint: str
    variant: str
    model: str
    image: str
    body: bytes
    request_id: str
    at: float
    content_type: str = ""
    accept: str = ""
    custom_attributes: str = ""
    inference_id: str = ""
    inference_component: str = ""
    target_model: str = ""
    target_container: str = ""
    session_id: str = ""
    explanations: str = ""


_STATUSES = 1000
# AWS allows none of them to be longer; clients read at most 64 KiB of a header
_LONGEST_TEXT = 1024
# How a stream broke off; "" if it did not
Broken = Literal["", "ModelInvocationTimeExceeded", "StreamBroken"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A container's reply; `status` 0 means that there was none, and `body` says why.

    `parts` are the chunks of a streamed reply, if it is streamed. `broken` is the error code of a stream
    that broke off: ModelInvocationTimeExceeded or StreamBroken. The session ids are those of a session
    that the model began (`id; Expires=2026-01-31T12:00:00Z`) or closed. `traceback` is for the journal.
    Raises ValueError or TypeError for a field that cannot be part of a response.
    """

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    custom_attributes: str = ""
    new_session_id: str = ""
    closed_session_id: str = ""
    parts: tuple[bytes, ...] = ()
    broken: Broken = ""
    traceback: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.body, bytes) or not isinstance(self.parts, tuple):
            raise TypeError("the body of a Reply must be bytes, its parts a tuple of bytes")
        if not (isinstance(self.status, int) and 0 <= self.status < _STATUSES):
            raise ValueError(f"{self.status!r} cannot be the status of a Reply")
        texts = (self.content_type, self.custom_attributes, self.new_session_id, self.closed_session_id)
        for text in texts:
            if not (isinstance(text, str) and text.isascii() and text.isprintable()):
                raise ValueError(f"{text!r} cannot be the value of a header")
            if len(text) > _LONGEST_TEXT:
                raise ValueError(f"{len(text)} characters are too many for the value of a header")
        if self.broken not in get_args(Broken):
            raise ValueError(f"{self.broken!r} cannot be how a stream broke off")

    @property
    def is_success(self) -> bool:
        """Return whether the model has answered, and not with an error."""
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def whole(self) -> "Reply":
        """Return the reply for a caller that does not stream: of a broken reply, only the error."""
        return {"": self, "ModelInvocationTimeExceeded": TIMED_OUT, "StreamBroken": BROKEN}[self.broken]


# Replies to an invocation within the given number of seconds
Container = Callable[[Invocation, float], Reply]

# verbatim, of a container that was silent for 60 s (case rt-model-timeout)
TIMED_OUT = Reply(
    b"Your invocation timed out while waiting for a response from container primary. Review the latency "
    b"metrics for each container in Amazon CloudWatch, resolve the issue, and try again.",
    "text/plain",
    0,
)
BROKEN = Reply(b"The connection to the container broke.", "text/plain", 0)
