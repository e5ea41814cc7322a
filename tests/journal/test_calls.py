"""Attempts become logical calls, and calls are linked to those that they repeat."""

import pytest

from sm_emulator.journal.calls import group
from tests.support.exchanges import MISS, exchange, failed, missed


def test_attempts_are_one_call_by_the_id_of_the_sdk():
    calls = group(
        [failed(0, invocation="a"), exchange(0.5, invocation="b"), exchange(2, invocation="a")]
    )
    assert [[attempt.at for attempt in call.attempts] for call in calls] == [[0, 2], [0.5]]
    assert (calls[0].waits, calls[0].retried, calls[0].outcome) == ((2.0,), "sdk", "ok")
    assert (calls[1].waits, calls[1].retried) == ((), "no")


def test_a_wait_lasts_from_an_answer_to_the_next_request():
    calls = group([failed(0, invocation="a", duration=0.25), exchange(1, invocation="a")])
    assert calls.last.waits == (0.75,)


def test_on_a_virtual_clock_a_wait_is_what_that_moved_or_longer():
    attempts = [failed(0, invocation="a"), exchange(1, invocation="a", wall=0.1)]
    assert group(attempts).last.waits == (0.1,)
    assert group(attempts, virtual=True).last.waits == (1.0,)
    assert group(
        [failed(0, invocation="a"), exchange(0, invocation="a", wall=0.1)], virtual=True
    ).last.waits == (0.1,)


def test_a_client_without_ids_is_grouped_by_session_operation_and_resource():
    calls = group(
        [failed(0), failed(0.5, resource="f"), failed(1, session="other"), exchange(2), exchange(3)]
    )
    assert [[attempt.at for attempt in call.attempts] for call in calls] == [[0, 2], [0.5], [1], [3]]
    assert (calls[0].retried, calls[0].waits) == ("unknown", (2.0,))
    assert calls[3].retry_of is None


@pytest.mark.parametrize(("at", "count"), [(30.0, 1), (30.5, 2)])
def test_a_client_without_ids_has_half_a_minute_for_the_next_attempt(at, count):
    assert len(group([failed(0), failed(at)])) == count


def test_a_call_after_a_failed_one_is_the_applications_retry():
    calls = group([missed(0, invocation="a"), missed(1, invocation="b"), exchange(3, invocation="c")])
    first, second, third = calls
    assert (first.retry_of, second.retry_of, third.retry_of) == (None, first.id, second.id)
    assert (second.waited, third.waited, third.retried) == (1.0, 2.0, "application")
    assert (first.stale, third.stale, third.succeeded) == (True, False, True)


@pytest.mark.parametrize(
    "later",
    [
        {"resource": "f"},
        {"operation": "UpdateEndpoint"},
        {"session": "other"},
        {"region": "eu-west-1"},
    ],
)
def test_a_call_of_another_resource_operation_session_or_region_is_not_a_retry(later):
    assert group([missed(0, invocation="a"), exchange(1, invocation="b", **later)]).last.retry_of is None


@pytest.mark.parametrize("ids", [("", "", ""), ("a", "b", "c")])
@pytest.mark.parametrize(
    ("between", "linked"),
    [
        ({"operation": "CreateEndpoint"}, False),
        ({"operation": "DeleteEndpoint"}, False),
        ({"operation": "CreateEndpoint", "code": "ValidationException"}, True),
        ({"operation": "CreateEndpoint", "resource": "f"}, True),
        ({"operation": "ListEndpoints"}, True),
    ],
)
def test_a_change_of_the_resource_makes_a_call_a_new_one(ids, between, linked):
    look = {"operation": "DescribeEndpoint"}
    calls = group(
        [
            missed(0, invocation=ids[0], **look),
            exchange(1, invocation=ids[1], **between),
            exchange(2, invocation=ids[2], **look),
        ]
    )
    looks = [call for call in calls if call.operation == "DescribeEndpoint"]
    retried = looks[-1].retry_of is not None or len(looks[0].attempts) == 2
    assert retried is linked


def test_concurrent_calls_of_one_kind_are_no_retries_of_each_other():
    calls = group([missed(at, invocation=str(at), duration=0.002) for at in (0, 0.001, 0.0035, 0.006)])
    assert [call.retry_of for call in calls] == [None] * 4


def test_a_call_after_a_successful_one_is_not_a_retry():
    assert group([exchange(0, invocation="a"), exchange(1, invocation="b")]).last.retry_of is None


def test_a_call_that_began_before_the_other_failed_is_not_a_retry():
    calls = group([failed(0, invocation="a", duration=2.0), exchange(1, invocation="b")])
    assert calls.last.retry_of is None


def test_both_may_retry():
    calls = group(
        [
            failed(0, invocation="a"),
            failed(1, invocation="a"),
            failed(3, invocation="b"),
            exchange(4, invocation="b"),
        ]
    )
    assert [call.retried for call in calls] == ["sdk", "both"]


def test_a_lost_answer_is_not_a_success():
    lost = exchange(0, delivery="reset", invocation="a")
    call = group([lost]).last
    assert (call.succeeded, call.outcome) == (False, "reset")
    assert not lost.stale_miss
    assert exchange(reads=(MISS,)).stale
    assert not exchange(reads=(MISS,)).stale_miss


def test_calls_are_picked_by_globs_and_have_a_last():
    calls = group([exchange(0), exchange(1, operation="CreateModel", resource="m")])
    assert len(calls.of("Create*")) == len(calls) == 2
    assert calls.of("CreateModel", "m*").last.operation == "CreateModel"
    assert repr(calls.of("CreateModel")) == "<Calls CreateModel m 1x ok>"
    with pytest.raises(LookupError, match="there was no such call"):
        _ = calls.of("Delete*").last


def test_a_call_is_shown_with_its_attempts():
    call = group([missed(0, invocation="a"), exchange(1, invocation="a")]).last
    found = call.as_json()
    assert (found["operation"], found["resource"], found["session"]) == ("CreateEndpoint", "e", "test")
    assert (found["outcome"], found["succeeded"], found["stale"], found["retried"]) == (
        "ok",
        True,
        False,
        "sdk",
    )
    assert [attempt["outcome"] for attempt in found["attempts"]] == ["ValidationException", "ok"]
    assert found["attempts"][0]["reads"][0]["missed"] is True
