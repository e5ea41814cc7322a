"""Ways: how each step is gone, and what comes back."""

import pytest

from sm_emulator.wire import Background, Wait, Work, run_steps


def test_work_gives_what_it_gives_and_raises_what_it_raises_where_it_was_asked_for():
    def way():
        given = yield Work(lambda: 1)
        try:
            yield Work(lambda: 1 / 0)
        except ZeroDivisionError:
            return given, "mended"

    assert run_steps(way(), pytest.fail) == (1, "mended")


def test_what_nobody_catches_leaves_the_way():
    def way():
        yield Work(lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run_steps(way(), pytest.fail)


def test_waits_are_told_and_a_way_aside_is_gone_to_its_end_first():
    waited = []

    def beside():
        yield Wait(2)
        return "dropped"

    def way():
        yield Wait(1)
        told = yield Background(beside())
        waited.append("on")
        return told

    assert run_steps(way(), waited.append) == "dropped"
    assert waited == [1, 2, "on"]
