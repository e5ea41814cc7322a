"""Real and virtual time."""

from datetime import UTC, datetime
from itertools import repeat

import pytest

from sm_emulator.clock import RealClock, VirtualClock
from sm_emulator.errors import ConfigurationError, ConflictError


def test_real_time_follows_its_source_as_many_times_as_fast():
    source = [50.0]
    clock = RealClock(lambda: source[0], start=1000.0, scale=10)
    assert clock() == 1000
    source[0] = 50.5
    assert clock() == 1005
    clock.tick()
    assert clock() == 1005


def test_real_time_cannot_be_moved():
    clock = RealClock(lambda: 0.0, start=0.0)
    with pytest.raises(ConflictError, match=r"cannot be advanced by 2 s; .*clock\.mode=virtual"):
        clock.advance(2)


def test_virtual_time_moves_when_advanced_and_by_each_request():
    clock = VirtualClock(start=10, round_trips=repeat(0.25))
    clock.advance(2)
    assert clock() == 12
    clock.tick()
    assert clock() == 12.25


@pytest.mark.parametrize(
    "seconds", [-0.001, float("inf"), float("nan"), 1e300, 10**400, 253_402_300_800]
)
def test_virtual_time_moves_forward_and_not_beyond_the_year_9999(seconds):
    clock = VirtualClock(start=10)
    with pytest.raises(ConfigurationError, match="is not a number of seconds from 0 up to"):
        clock.advance(seconds)
    assert clock() == 10


def test_requests_do_not_move_virtual_time_beyond_the_year_9999():
    clock = VirtualClock(round_trips=repeat(1e11))
    for _ in range(4):
        clock.tick()
    assert datetime.fromtimestamp(clock(), UTC).year == 9999
