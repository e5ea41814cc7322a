"""`explore_program`: the search of a function, in Python."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from sm_emulator import ConfigurationError, ConflictError, NotExplorableError, explore_program
from tests.explore import programs as p
from tests.explore.conftest import LIFECYCLE

LATE = "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1"


def explored(program, **options):
    return explore_program(
        program,
        **{"prepare": p.a_model, "faults": (), "max_lag": "2s", "settings": LIFECYCLE, **options},
    )


def test_a_break_fails_the_check_with_the_smallest_schedule_and_what_the_program_raised():
    found = explored(p.naive)
    assert [str(each.schedule) for each in found.breaks] == [LATE]
    assert (found.exhausted, found.counts.broken) == (False, 1)
    with pytest.raises(AssertionError) as failed:
        found.check()
    assert f"explore_program(naive, schedule='{LATE}', …).check()" in str(failed.value) == str(found)
    assert isinstance(failed.value.__cause__, ClientError)


def test_a_program_that_survives_passes_the_check():
    found = explored(p.back_off)
    found.check()
    assert found.exhausted
    assert str(found).startswith("exhausted: none of 1 schedules of at most 1 cause (late; max_lag 2 s)")


def test_one_schedule_is_judged_alone():
    found = explored(p.naive, schedule=LATE, budget=1)
    assert [each.kind for each in found.breaks] == ["error"]
    assert found.counts.runs == 3
    survived = explored(p.back_off, schedule=LATE)
    assert (survived.breaks, survived.exhausted) == ((), False)  # one schedule proves nothing of others
    text = " ".join(str(survived).split())
    assert ": 1 harmless, 0 break it; stopped: only the given schedule was to be run" in text
    survived.check()
    assert "CreateEndpoint(ep)#1" in {
        str(point.label) for point in explored(p.naive, schedule="").points
    }


def test_a_schedule_that_does_not_fit_is_refused():
    with pytest.raises(
        ConflictError, match=r"CreateEndpoint\(ep\)#2 never came; it made CreateEndpoint\(ep\)#1"
    ):
        explored(p.naive, schedule="CreateEndpoint(ep)#2 lost")
    with pytest.raises(ConflictError, match="write 9 never came; it made 2 writes"):
        explored(p.naive, schedule="crash after 9")


def test_session_guarantees_and_the_kinds_of_causes_are_as_given():
    assert explored(p.naive, session=("ryw",)).exhausted
    assert explored(p.naive, stale="none", faults="throttle").exhausted
    kinds = {each.kind for each in explored(p.naive, stale="none", crash=True).breaks}
    assert kinds == {"crash"}
    assert explored(p.back_off, stale="none", faults="lost", budget=3).search.stopped


def test_an_invariant_may_be_a_function():
    def never_failed(resources):
        assert resources["Endpoint(ep)"]["EndpointStatus"] == "InService", "it serves"

    found = explored(p.back_off, outcomes=True, invariants=[never_failed])
    violations = [each.message for b in found.breaks for each in b.verdict.violations]
    assert any(message.startswith("never_failed: it serves") for message in violations)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k: 0 is not a whole number from 1 on"),
        ({"max_lag": -1.0}, "max_lag: -1.0 is not a number of seconds"),
        ({"budget": "soon"}, "budget: 'soon' is neither a number of runs nor a time"),
        ({"faults": ("los",)}, "faults: 'los' is not allowed; did you mean 'lost'"),
        ({"stale": "none"}, "faults: nothing is left that could go wrong"),
        ({"invariants": ["endpont e exists"]}, "is not a type of resource"),
        ({"session": ("rwy",)}, "session"),
        ({"schedule": "CreateEndpoint(ep)#1 vanishes"}, "vanishes"),
    ],
)
def test_a_wrong_argument_is_named(options, message):
    with pytest.raises(ConfigurationError) as refused:
        explored(p.naive, **options)
    assert message in str(refused.value)


def fails(scenario):
    raise KeyError("cfg")


def sleeps_for_days(scenario):
    while True:
        time.sleep(86_400)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (fails, "fails (exit code 1) even without any cause: KeyError: 'cfg'"),
        (sleeps_for_days, "does not end even without any cause"),
        (lambda scenario: None, "no request arrived from the program"),
    ],
)
def test_a_program_that_cannot_be_explored_is_refused(program, message):
    with pytest.raises(NotExplorableError) as refused:
        explored(program)
    assert message in str(refused.value)


def test_a_coroutine_function_is_refused():
    async def deploy(scenario):
        pass

    with pytest.raises(TypeError, match="coroutine function"):
        explored(deploy)
