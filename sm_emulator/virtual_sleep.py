"""Time and chance of a program in this process: sleeps take no time, and jitter is seeded."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import ModuleType
from typing import Any

_OWN = {"time", "asyncio", "asyncio.tasks"}
# The rest of the standard library, and whoever measures the tests, keep the functions that they imported
_REAL = sys.stdlib_module_names | {"_pytest", "execnet", "freezegun", "pytest", "sm_emulator", "xdist"}
_Function = Callable[..., Any]
_CLOCKS = ("time", "monotonic", "perf_counter")


@contextmanager
def virtual_sleep(advance: Callable[[float], object]) -> Iterator[None]:
    """Make sleeps call `advance` with their seconds, and return, until the end of the `with`.

    Those are `time.sleep` and `asyncio.sleep`, also where a module imported them by name: the waiters
    and retries of botocore, urllib3 and tenacity use them. `time.time`, `time.monotonic` and
    `time.perf_counter` move along, so that a program's deadlines arrive. Threads of the emulator are
    excepted. Raises what `advance` raises.

    The sleeps of several threads or tasks add up. Waits with a timeout (of events, queues, conditions,
    sockets) take real time, and the module `datetime` shows it.
    """
    active, slept = True, 0.0
    # typed, or mypy takes the awaited result for None
    pause: _Function = asyncio.sleep
    sleep = time.sleep

    def is_virtual() -> bool:
        return active and not threading.current_thread().name.startswith("sm-emulator")

    def move(seconds: float) -> None:
        nonlocal slept
        advance(seconds)
        slept += seconds

    @wraps(sleep)
    def moved_sleep(seconds: float, /) -> None:
        (move if is_virtual() else sleep)(seconds)

    @wraps(pause)
    async def moved_pause(delay: float, result: Any = None) -> Any:
        if delay <= 0 or not is_virtual():
            return await pause(delay, result)
        move(delay)
        return await pause(0, result)

    def moved_clock(clock: Callable[[], float]) -> Callable[[], float]:
        return wraps(clock)(lambda: clock() + (slept if is_virtual() else 0.0))

    clocks = [getattr(time, name) for name in _CLOCKS]
    places = _replace({sleep: moved_sleep, pause: moved_pause, **{c: moved_clock(c) for c in clocks}})
    try:
        yield
    finally:
        active = False  # modules that were imported meanwhile keep a function, which passes on
        for module, name, real in places:
            setattr(module, name, real)


@contextmanager
def seeded_random(seed: int | str) -> Iterator[None]:
    """Seed `random`, from which SDKs draw their jitter, until the end of the `with`."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


def _replace(
    functions: dict[_Function, _Function],
) -> list[tuple[ModuleType, str, _Function]]:
    """Replace functions where modules have them by any name, and return these places."""
    by_id = {id(real): virtual for real, virtual in functions.items()}
    places = [
        (module, name, value)
        for imported, module in list(sys.modules.items())
        if imported in _OWN or imported.partition(".")[0] not in _REAL
        if not by_id.keys().isdisjoint(map(id, list(vars(module).values())))  # of most, and it is fast
        for name, value in list(vars(module).items())
        if id(value) in by_id
    ]
    for module, name, real in places:
        setattr(module, name, by_id[id(real)])
    return places
