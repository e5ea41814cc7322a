"""Waits of a program that take no time."""

import asyncio
import sys
import threading
import time
from types import ModuleType

import pytest

from sm_emulator.clock import VirtualClock
from sm_emulator.virtual_sleep import virtual_sleep


@pytest.fixture
def moved():
    """Sleep virtually, and return the moves of the clock."""
    moves: list[float] = []
    with virtual_sleep(moves.append):
        yield moves


@pytest.fixture
def program(monkeypatch):
    """Return a module that imported functions by name."""
    module = ModuleType("program_that_waits")
    exec("from time import monotonic as now, sleep as pause\nfrom asyncio import sleep", module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_a_sleep_moves_the_clock_and_the_deadlines(moved):
    clocks = [getattr(time, name) for name in ("time", "monotonic", "perf_counter")]
    before = [clock() for clock in clocks]
    time.sleep(300)
    assert moved == [300]
    assert all(clock() - start >= 300 for clock, start in zip(clocks, before, strict=True))


def test_a_module_that_imported_sleep_by_name_sleeps_virtually(program):
    real = dict(vars(program))
    moves = []
    with virtual_sleep(moves.append):
        before = program.now()
        program.pause(60)
        assert asyncio.run(program.sleep(30, "done")) == "done"
        assert program.now() - before >= 90
    assert moves == [60, 30]
    assert vars(program) == real


def test_a_function_that_was_imported_meanwhile_is_real_afterwards():
    moves = []
    with virtual_sleep(moves.append):
        from asyncio import sleep as pause
        from time import monotonic, sleep

        sleep(1)
    sleep(0)
    asyncio.run(pause(0.001))
    assert moves == [1]
    assert abs(monotonic() - time.monotonic()) < 1


def test_a_task_that_yields_does_not_move_the_clock(moved):
    asyncio.run(asyncio.sleep(0))
    assert moved == []


def test_sleeps_of_threads_add_up_but_for_the_emulators_own(moved):
    for name in ("a", "b", "sm-emulator http://127.0.0.1:1"):
        thread = threading.Thread(target=time.sleep, args=(0.001,), name=name)
        thread.start()
        thread.join()
    assert moved == [0.001, 0.001]


def test_a_negative_sleep_is_refused_as_that_of_time_is():
    with (
        virtual_sleep(VirtualClock().advance),
        pytest.raises(ValueError, match="not a number of seconds"),
    ):
        time.sleep(-1)


def test_a_virtual_sleep_within_another_moves_the_inner_clock(moved):
    inner = []
    with virtual_sleep(inner.append):
        time.sleep(1)
    time.sleep(2)
    assert (inner, moved) == ([1], [2])
