"""The journal: bounded, filtered, paged; no bodies unless configured, no credential ever."""

import json
from functools import partial

import pytest

from sm_emulator import Emulator
from sm_emulator.clock import VirtualClock
from sm_emulator.journal.journal import Journal
from sm_emulator.journal.log import request_log
from sm_emulator.operations.state import catch_up
from sm_emulator.scenario.scenario import Behaviour, ScenarioConfig
from sm_emulator.scenario.scenarios import Scenarios
from tests.support.exchanges import exchange, failed
from tests.support.local_gateway import JSON, Local

KEY = "AKIAIOSFODNN7EXAMPLE"
SIGNED = f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/sagemaker/aws4_request, Signature=0abc"


def journal_of(*exchanges, limit=10):
    journal = Journal(limit)
    for item in exchanges:
        journal.record(item, b"", b"")
    return journal


def test_the_log_has_a_line_for_each_request():
    lines: list[str] = []
    log = request_log("text", lines.append)
    log(exchange(wall=0.5, duration=0.0123))
    log(
        failed(
            wall=3600,
            message="no\n",
            faults=("storm",),
            attempt=2,
            operation="",
            resource="",
            code="\x1b",
        )
    )
    assert lines[0] == "00:00:00.500  CreateEndpoint e  attempt 1  200 ok  12.3 ms\n"
    assert lines[1].startswith("01:00:00.000  (no operation)  attempt 2  400 \\x1b fault storm")
    assert [line.count("\n") for line in lines] == [1, 1]


def test_the_log_has_json_for_programs():
    lines: list[str] = []
    request_log("json", lines.append)(exchange(faults=("storm",)))
    (document,) = map(json.loads, lines)
    assert (document["operation"], document["faults"]) == ("CreateEndpoint", ["storm"])
    request_log("none", lines.append)(exchange())
    assert len(lines) == 1


def test_the_oldest_go_where_the_ring_is_full():
    journal = journal_of(*(exchange(at) for at in range(5)), limit=3)
    entries = journal.entries()
    assert [item.at for item in entries.exchanges] == [2, 3, 4]
    assert (len(journal), entries.dropped, entries.next) == (3, 2, None)


def test_a_journal_is_bounded_by_bytes_too():
    journal = Journal(100, max_bytes=10_000)
    for at in range(50):
        journal.record(exchange(at, resource="r" * 500), b"", b"")
    assert journal.dropped == 50 - len(journal)
    assert 2 <= len(journal) <= 8
    assert [item.at for item in journal][-1] == 49
    small = Journal(100, max_bytes=0)
    small.record(exchange(), b"", b"")
    assert (len(small), small.dropped) == (0, 1)


def test_bodies_count_as_bytes():
    journal = Journal(100, max_bytes=40_000, bodies=True)
    for _ in range(3):
        journal.record(exchange(), b"x" * 20_000, b"")
    assert (len(journal), journal.dropped) == (2, 1)


def test_long_texts_are_cut():
    local = Local()
    local.call("DescribeModel", {"ModelName": "m" * 100_000}, amz_sdk_invocation_id="i" * 5_000)
    (kept,) = local.scenario.journal
    assert kept.resource == "m" * 2048 + "…"
    assert kept.invocation == "i" * 2048 + "…"
    assert kept.size < 20_000


def test_every_text_that_a_client_or_a_model_chooses_counts_and_is_cut():
    local = Local()
    scope = f"Credential=AKIA/20260101/{'r' * 90_000}/sagemaker/aws4_request"
    local.call("ListModels", {}, authorization=scope)
    (kept,) = local.scenario.journal
    assert kept.region == "r" * 2048 + "…"
    assert exchange(detail="d" * 1000).size >= exchange().size + 1000


def test_a_page_follows_a_page_though_the_ring_moves_on():
    journal = journal_of(*(exchange(at) for at in range(4)), limit=4)
    first = journal.entries(limit=2)
    journal.record(exchange(4), b"", b"")
    second = journal.entries(after=first.next, limit=2)
    third = journal.entries(after=second.next, limit=2)
    assert [[item.at for item in page.exchanges] for page in (first, second, third)] == [
        [0, 1],
        [2, 3],
        [4],
    ]
    assert third.next is None


@pytest.mark.parametrize(
    ("wanted", "ats"),
    [
        ({"operation": "Create*"}, [0, 2]),
        ({"resource": "c-?"}, [1]),
        ({"status": 400}, [2]),
        ({"since": 1}, [1, 2]),
        ({"operation": "Create*", "since": 1}, [2]),
        ({"operation": "create*"}, []),
    ],
)
def test_a_filter_fits_operation_resource_status_and_time(wanted, ats):
    journal = journal_of(
        exchange(0), exchange(1, operation="DescribeEndpointConfig", resource="c-1"), failed(2)
    )
    assert [item.at for item in journal.entries(**wanted).exchanges] == ats


def test_clear_removes_all_and_numbering_continues():
    journal = journal_of(exchange(0), exchange(1))
    journal.clear()
    journal.record(exchange(2), b"", b"")
    entries = journal.entries(after=2)
    assert ([item.at for item in entries.exchanges], entries.dropped) == ([2], 0)


def test_to_clear_is_not_to_drop():
    with Emulator() as emulator:
        sagemaker = emulator.client("sagemaker")
        sagemaker.list_models()
        emulator.scenario().clear_journal()
        sagemaker.list_models()
        report = emulator.scenario().report()
        summary = emulator.scenario().summary()
    assert (report.as_json()["dropped"], summary["requests"], summary["dropped"]) == (0, 1, 0)
    assert "no longer has" not in report.as_text()


def test_no_body_and_no_credential_is_kept():
    local = Local()
    local.call(
        "CreateModel",
        {"ModelName": "m", "PrimaryContainer": {"Environment": {"TOKEN": "hush"}}},
        authorization=SIGNED,
        user_agent="Boto3/1.44.5 md/Botocore#1.44.5 m/E",
    )
    (kept,) = local.scenario.journal
    assert kept.bodies is None
    assert kept.session.startswith("Boto3/1.44.5 ")
    assert KEY not in repr(kept)
    assert "hush" not in repr(kept)


def test_a_refusal_keeps_its_text_but_not_the_values_that_it_quotes():
    local = Local()
    local.call("CreateModel", {"ModelName": "hush hush"})
    local.call("DescribeModel", {"ModelName": "m"})
    constraint, missing = local.scenario.journal
    assert constraint.message == "1 validation error detected"
    assert missing.message == 'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/m".'


def test_a_session_is_labelled_by_its_own_name_or_by_product_and_digest():
    local = Local()
    agents = ({}, {"user_agent": "a/1"}, {"user_agent": "a/1"}, {"user_agent": "a/1 x"})
    for headers in (*agents, {"x_sm_emulator_session": "mine"}):
        local.call("ListModels", {}, **headers)
    unnamed, first, again, other, named = [item.session for item in local.scenario.journal]
    assert named == "mine"
    assert unnamed.startswith("unnamed ")
    assert first == again != other


def test_bodies_are_kept_if_set_and_truncated():
    behaviour = Behaviour()
    start = ScenarioConfig(
        0, {"preset": "strong"}, behaviour, VirtualClock, catch_up, journal=partial(Journal, bodies=True)
    )
    local = Local()
    local.scenarios = local.gateway._scenarios = Scenarios(start)
    local.call("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})
    local.send(b"x" * 20_000, content_type=JSON)
    kept, cut = local.scenario.journal.entries().as_json()["exchanges"]
    assert json.loads(kept["request"])["ModelName"] == "m"
    assert "ModelArn" in json.loads(kept["response"])
    assert (len(cut["request"]), cut["request_bytes"]) == (16_384, 20_000)


def test_attempt_numbers_of_an_sdk_are_kept():
    local = Local()
    local.call(
        "DescribeModel",
        {"ModelName": "m"},
        amz_sdk_request="attempt=2; max=3",
        amz_sdk_invocation_id="i",
        user_agent="Boto3/1.44.5 m/E,B",
    )
    local.call("DescribeModel", {"ModelName": "m"}, user_agent="Boto3/1.44.5 m/E,Bx cfg/m#B")
    polled, plain = local.scenario.journal
    assert (polled.attempt, polled.max_attempts, polled.waiter) == (2, 3, True)
    assert (plain.attempt, plain.max_attempts, plain.waiter) == (1, 0, False)


def test_the_settings_say_how_much_is_kept():
    settings = {"journal.limit": 2, "journal.bodies": True}
    with Emulator(settings=settings) as emulator:
        sagemaker = emulator.client("sagemaker")
        for _ in range(3):
            sagemaker.list_models()
        entries = emulator.scenario().journal()
    assert (len(entries.exchanges), entries.dropped) == (2, 1)
    assert entries.exchanges[0].bodies == (b"{}", b'{"Models":[]}')
