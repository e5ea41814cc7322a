"""The steps of a request: what it waits for, one after another, until its outcome."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from sm_emulator.wire.message import Outcome

WorkKind = Literal["model", "backend", "capture", "admin"]


@dataclass(frozen=True, slots=True)
class Wait:
    """Resume after `seconds` of real time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Resume with the result of `run`, which may block: it runs in a thread kept for its `kind`."""

    run: Callable[[], Any]
    kind: WorkKind


@dataclass(frozen=True, slots=True)
class Background:
    """Resume immediately; `steps` run concurrently, and their result is dropped."""

    steps: Generator[Step, Any, object]


Step = Wait | Work | Background
Steps = Generator[Step, Any, Outcome]
_Result = TypeVar("_Result")


def run_steps(steps: Generator[Step, Any, _Result], wait: Callable[[float], object]) -> _Result:
    """Run steps to their result in this thread; `wait` receives the seconds of each wait.

    Background steps run to their end before the others resume.
    """
    resume: Callable[[], Step] = partial(next, steps)
    while True:
        try:
            step = resume()
        except StopIteration as end:
            result: _Result = end.value
            return result
        try:
            if isinstance(step, Background):
                value = run_steps(step.steps, wait)
            else:
                value = wait(step.seconds) if isinstance(step, Wait) else step.run()
        except Exception as error:  # noqa: BLE001  the steps that asked for the work handle its errors
            resume = partial(steps.throw, error)
        else:
            resume = partial(steps.send, value)
