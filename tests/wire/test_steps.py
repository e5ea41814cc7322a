"""Steps: how each is run, and what it returns."""

import sys
from threading import Event

import pytest

from sm_emulator.wire.steps import Background, Wait, Work, run_steps


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


def test_work_that_would_end_the_process_is_an_error_in_the_steps():
    def steps():
        yield Work(lambda: sys.exit(3), "model")

    with pytest.raises(RuntimeError, match=r"work ended by SystemExit\(3\)"):
        run_steps(steps(), pytest.fail)


def test_work_has_a_timeout_and_its_late_result_is_dropped():
    release = Event()

    def steps():
        try:
            yield Work(release.wait, "model", 0.01)
        except TimeoutError as error:
            return str(error), (yield Work(lambda: "in time", "model", 20))

    assert run_steps(steps(), pytest.fail) == ("no result within 0.01 s", "in time")
    release.set()


def test_an_error_of_background_steps_is_logged_and_not_raised(caplog):
    def background():
        yield Wait(1)
        raise ZeroDivisionError

    def steps():
        yield Background(background())
        return "done"

    assert run_steps(steps(), lambda _: None) == "done"
    assert "this is a bug in sm-emulator" in caplog.text


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

    assert run_steps(steps(), waited.append) is None
    assert waited == [1, 2, "resumed"]
