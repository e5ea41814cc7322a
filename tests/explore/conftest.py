"""Functions that explore the small programs on one emulator."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from sm_emulator import Emulator
from sm_emulator.explore.choices import Kinds
from sm_emulator.explore.in_process import InProcess
from sm_emulator.explore.search import Search

# Endpoints that take some time, so that a program has to wait
LIFECYCLE = {
    "lifecycle.creating_seconds": 5,
    "lifecycle.updating_seconds": 5,
    "lifecycle.deleting_seconds": 3,
}


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def in_process(emulator) -> Callable[..., InProcess]:
    def build(program, prepare=None, **options) -> InProcess:
        return InProcess(program, emulator, prepare=prepare, max_lag=2.0, settings=LIFECYCLE, **options)

    return build


@pytest.fixture(scope="module")
def search(in_process) -> Callable[..., Search]:
    """Return a function that explores a program and returns the search, which has ended."""

    def explore(program, prepare=None, kinds=None, options=None, **more) -> Search:
        execute = in_process(program, prepare, **(options or {}))
        found = Search(execute, time.monotonic, kinds or Kinds(), **more)
        found.run()
        return found

    return explore
