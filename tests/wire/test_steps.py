"""Steps: how each is run, and what it returns."""

import pytest

from sm_emulator.wire import Background, Wait, Work, run_steps


def test_work_returns_its_result_and_raises_its_error_in_the_steps():
    def steps():
        result = yield Work(lambda: 1, "model")
        try:
            yield Work(lambda: 1 / 0, "model")
        except ZeroDivisionError:
            return result, "caught"

    assert run_steps(steps(), pytest.fail) == (1, "caught")


def test_an_error_that_is_not_caught_leaves_the_steps():
    def steps():
        yield Work(lambda: 1 / 0, "model")

    with pytest.raises(ZeroDivisionError):
        run_steps(steps(), pytest.fail)


def test_waits_are_reported_and_background_steps_run_to_their_end_first():
    waited = []

    def background():
        yield Wait(2)
        return "dropped"

    def steps():
        yield Wait(1)
        result = yield Background(background())
        waited.append("resumed")
        return result

    assert run_steps(steps(), waited.append) == "dropped"
    assert waited == [1, 2, "resumed"]
