"""The steps of a request: what it waits for, one after another, until its outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from operator import methodcaller
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Literal, TypeVar

from sm_emulator.wire.message import Outcome, Request, WireProtocol

_log = logging.getLogger(__name__)
WorkKind = Literal["model", "backend", "capture", "admin", "decode"]
# Bytes of a body that is decoded in a thread: by then it takes some 3 ms, and 30 for 9 MB
_LONG = 2**20


@dataclass(frozen=True, slots=True)
class Wait:
    """Resume after `seconds` of real time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Resume with the result of `run`, which may block: it runs in a thread kept for its `kind`.

    After `timeout` seconds TimeoutError is raised in the steps, and a late result is dropped.
    """

    run: Callable[[], Any]
    kind: WorkKind
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Background:
    """Resume immediately; `steps` run concurrently, and their result is dropped."""

    steps: Generator[Step, Any, object]


Step = Wait | Work | Background
Steps = Generator[Step, Any, Outcome]
# Resumes steps with a value, or by an error
Resume = Callable[[Generator[Step, Any, Any]], Step]
START: Resume = methodcaller("send", None)
_Result = TypeVar("_Result")


def decode(protocol: WireProtocol, request: Request) -> Generator[Step, Any, tuple[str, Any]]:
    """Return operation and payload of a request. Raises ServiceError."""
    if len(request.body) < _LONG:
        return protocol.decode(request)
    operation, payload = yield Work(partial(protocol.decode, request), "decode")
    return operation, payload


def under(
    lock: AbstractContextManager[object], steps: Generator[Step, Any, _Result]
) -> Generator[Step, Any, _Result]:
    """Return steps which hold a lock, but not while they wait."""
    resume = START
    while True:
        try:
            with lock:
                step = resume(steps)
        except StopIteration as end:
            result: _Result = end.value
            return result
        try:
            resume = methodcaller("send", (yield step))
        except Exception as error:  # noqa: BLE001  the steps handle it
            resume = methodcaller("throw", error)


def perform(run: Callable[[], Any]) -> Resume:
    """Run work in this thread, and return the function that resumes its steps.

    Work cannot end the process: sys.exit() and the like become a RuntimeError in the steps.
    """
    try:
        return methodcaller("send", run())
    except Exception as error:  # noqa: BLE001  the steps that requested the work handle its errors
        return methodcaller("throw", error)
    except BaseException as error:  # noqa: BLE001
        return methodcaller("throw", RuntimeError(f"work ended by {error!r}"))


def expired(work: Work) -> Resume:
    """Return the function that resumes the steps of work which exceeded its timeout."""
    return methodcaller("throw", TimeoutError(f"no result within {work.timeout:g} s"))


def contained(steps: Generator[Step, Any, object]) -> Generator[Step, Any, None]:
    """Run background steps, and log their exceptions, which no request would report."""
    try:
        yield from steps
    except Exception:  # noqa: BLE001
        _log.exception("this is a bug in sm-emulator; please report it")


def run_steps(steps: Generator[Step, Any, _Result], wait: Callable[[float], object]) -> _Result:
    """Run steps to their result in this thread; `wait` receives the seconds of each wait.

    Background steps run to their end before the others resume.
    """
    resume = START
    while True:
        try:
            step = resume(steps)
        except StopIteration as end:
            result: _Result = end.value
            return result
        match step:
            case Wait(seconds):
                resume = perform(partial(wait, seconds))
            case Background(steps=background):
                resume = perform(partial(run_steps, contained(background), wait))
            case Work(run, _, None):
                resume = perform(run)
            case _:
                resume = _perform_within(step)


def _perform_within(work: Work) -> Resume:
    done: SimpleQueue[Resume] = SimpleQueue()
    Thread(target=lambda: done.put(perform(work.run)), daemon=True).start()
    try:
        return done.get(timeout=work.timeout)
    except Empty:
        return expired(work)
