"""A request, the steps of its way, and its outcome, apart from any HTTP library."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol, TypeVar


class Headers(Protocol):
    """Request headers, by lower-case name: a dict will do, and so do werkzeug's."""

    def get(self, name: str, default: str, /) -> str:
        """Look a header up."""

    def items(self) -> Iterable[tuple[str, str]]:
        """List all, by the names that came."""


# Made for every request, these two are not frozen: that would treble the time which making one takes
@dataclass(slots=True)
class Request:
    """What came in; `path` is percent-encoded as it came, `query` is what stood after the `?`."""

    method: str
    headers: Headers
    body: bytes
    path: str = "/"
    query: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer fails to arrive, which only a listener can bring about.

    `reset`: the connection is reset, nothing is sent. `close`: it is closed, nothing is sent.
    `truncate`: it is closed after `sent` bytes of the body. `stall`: after these bytes nothing comes
    for `seconds`, then it is closed.
    """

    kind: Literal["reset", "close", "truncate", "stall"]
    sent: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Outcome:
    """What goes out; Content-Length and Date are the listener's. `delivery`: None is in full."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    delivery: Delivery | None = None


class Backend(Protocol):
    """Whoever answers what is not ours; it may block.

    `origin` is what the journal calls it. Raises NotImplementedError for what it has not, ServiceError
    where it fails.
    """

    origin: str

    def __call__(self, request: Request, /) -> Outcome:
        """Answer a request."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on after `seconds` of real time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Go on with what `run` gives; it may block, so it runs beside the event loop."""

    run: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Background:
    """Go on at once; `way` is gone beside, and nobody waits for its end. What it gives is dropped."""

    way: Generator[Step, Any, object]


Step = Wait | Work | Background
# The way of a request: what it has to wait for, one after another, and at last its outcome
Steps = Generator[Step, Any, Outcome]
_End = TypeVar("_End")


def run_steps(way: Generator[Step, Any, _End], wait: Callable[[float], object]) -> _End:
    """Go a way to its end in this thread; `wait` is told the seconds of each wait.

    A way beside it is gone to its end before this one goes on.
    """
    resume: Callable[[], Step] = partial(next, way)
    while True:
        try:
            step = resume()
        except StopIteration as arrived:
            end: _End = arrived.value
            return end
        try:
            if isinstance(step, Background):
                told = run_steps(step.way, wait)
            else:
                told = wait(step.seconds) if isinstance(step, Wait) else step.run()
        except Exception as error:  # noqa: BLE001  what work raises is raised where it was asked for
            resume = partial(way.throw, error)
        else:
            resume = partial(way.send, told)
