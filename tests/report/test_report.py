"""Figures, text, JSON and JUnit XML of reports, over exchanges by hand."""

import json
from html import escape
from xml.etree import ElementTree as ET

import pytest

from sm_emulator.journal.calls import group
from sm_emulator.report.finding import FINDINGS
from sm_emulator.report.report import build_report
from sm_emulator.report.summary import describe_waits, duration, predictable, wait_statistics
from sm_emulator.report.trace import Run
from tests.support.exchanges import STALE, exchange, failed, missed
from tests.support.reports import ABOUT, eventful, report_of


def only(report):
    (finding,) = report.findings
    return finding


def names(*exchanges, **options) -> list[str]:
    return [finding.name for finding in build_report([group(exchanges)], ABOUT, **options).findings]


# -- figures ---------------------------------------------------------------------------------------


def test_attempts_are_counted_by_who_retried_and_how_it_ended():
    config, endpoint, model, described = eventful().operations
    assert (config.calls, config.attempts, config.waits) == (1, 1, None)
    assert (endpoint.calls, endpoint.attempts, endpoint.sdk_retries, endpoint.application_retries) == (
        5,
        5,
        0,
        4,
    )
    assert (endpoint.give_ups, endpoint.refusals, endpoint.stale) == (1, 0, 5)
    assert (model.calls, model.attempts, model.sdk_retries, model.application_retries) == (1, 3, 2, 0)
    assert (model.give_ups, model.refusals, model.faults) == (1, 0, 1)
    assert (described.give_ups, described.refusals) == (0, 0)


def test_a_failure_that_no_attempt_fixes_is_a_refusal():
    (row,) = report_of(failed(0, "ValidationException")).operations
    assert (row.give_ups, row.refusals) == (0, 1)


@pytest.mark.parametrize(
    ("sequences", "jittered", "growing"),
    [
        ([[1.0]], None, None),
        ([[1.0, 1.0]], None, False),
        ([[1.0, 1.001, 1.0, 1.0]], False, False),
        ([[1.0, 1.01, 0.99, 1.0]], None, False),
        ([[0.1, 0.2, 0.4, 0.8, 1.6]], False, True),
        ([[0.1, 0.2, 0.4, 0.8]], None, True),
        ([[0.1, 0.2, 0.4, 0.5]], True, True),
        ([[0.3, 0.1], [0.25, 0.2]], True, False),
        ([[0.001, 0.001, 0.001, 0.001]], None, False),
    ],
)
def test_waits_are_jittered_or_fixed_growing_or_not(sequences, jittered, growing):
    found = wait_statistics(sequences)
    assert found
    assert (found.jittered, found.growing) == (jittered, growing)


def test_waits_have_least_median_and_longest():
    found = wait_statistics([[3.0, 1.0], [2.0]])
    assert found
    assert (found.count, found.min, found.median, found.max) == (3, 1.0, 2.0, 3.0)
    assert wait_statistics([[], []]) is None


def test_waits_that_grow_by_one_factor_are_predictable_only_where_there_are_four():
    assert predictable([0.5, 1.5, 4.5, 13.5])
    assert not predictable([0.5, 1.5, 4.5])
    assert predictable([0.01, 1.0, 10.0, 100.0])  # the first may be anything


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (2e-5, "20 µs"),
        (0.00456789, "4.57 ms"),
        (0.9999, "1 s"),
        (12.345, "12.3 s"),
        (150, "2.5 min"),
    ],
)
def test_durations_are_written_short(seconds, text):
    assert duration(seconds) == text


# -- what findings leave alone ---------------------------------------------------------------------


def test_scenarios_do_not_explain_each_other():
    lost = [exchange(0, operation="CreateModel", resource="m", invocation="a", delivery="reset")]
    again = failed(
        1,
        "ValidationException",
        operation="CreateModel",
        resource="m",
        invocation="a",
        message="Cannot create already existing model",
    )
    seen = exchange(2, operation="DescribeModel", resource="m")
    together = build_report([group([*lost, again, seen])], ABOUT)
    apart = build_report([group([*lost, again]), group([seen])], ABOUT)
    assert together.ok
    assert only(apart).name == "lost-change-treated-as-failure"


@pytest.mark.parametrize(
    ("operation", "resource", "ok"),
    [
        ("CreateEndpoint", "other", True),
        ("UpdateEndpoint", "other", True),
        ("DescribeEndpointConfig", "c", True),
        ("DescribeEndpointConfig", "d", False),
        ("DeleteEndpointConfig", "c", False),
        ("CreateModel", "m", False),
    ],
)
def test_who_goes_on_with_what_exists_took_it_for_done(operation, resource, ok):
    config = {"operation": "CreateEndpointConfig", "resource": "c", "invocation": "a"}
    refused = failed(1, "ValidationException", message="Cannot create already existing x", **config)
    lost = failed(0, "InternalFailure", status=500, **config)
    report = report_of(lost, refused, exchange(2, operation=operation, resource=resource))
    assert report.ok is ok


def test_an_existing_name_without_a_lost_answer_is_an_ordinary_refusal():
    throttled = failed(0, invocation="a")
    refused = failed(
        1, "ValidationException", message="Cannot create already existing x", invocation="a"
    )
    assert names(throttled, refused) == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ResourceLimitExceeded", ""),
        ("ValidationException", 'Could not find model "arn".'),
        ("ValidationException", 'Cannot update in-progress endpoint "arn".'),
    ],
)
def test_what_may_pass_may_be_repeated(code, message):
    assert names(*(failed(at, code, message=message) for at in (0, 0.3, 2))) == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDeniedException", ""),
        ("SerializationException", ""),
        ("ValidationException", "2 validation errors detected"),
        ("ValidationException", "Cannot create already existing endpoint"),
    ],
)
def test_what_comes_again_may_not(code, message):
    errors = [failed(at, code, message=message) for at in (0, 1, 3, 4)]
    assert names(*errors[:3]) == []  # independent calls may get the same error
    assert names(*errors) == ["non-retryable-error-retried"]


def test_a_repetition_with_new_credentials_may_pass():
    assert names(failed(0, "ExpiredTokenException"), exchange(1)) == []


def test_a_waiter_that_goes_on_has_not_ended():
    poll = {"operation": "DescribeEndpoint", "waiter": True}
    stale, fresh = exchange(0, reads=(STALE,), **poll), exchange(1, **poll)
    assert names(stale, fresh) == []
    assert names(stale, exchange(1, operation="UpdateEndpoint")) == ["waiter-ended-on-stale-read"]


def test_a_deletion_after_a_stale_read_is_cleaning_up():
    read = exchange(0, operation="DescribeEndpoint", reads=(STALE,))
    assert names(read, exchange(1, operation="DeleteEndpoint")) == []
    assert names(read, exchange(1, operation="UpdateEndpoint", resource="f")) == []
    assert (
        names(read, exchange(1, operation="DescribeEndpoint"), exchange(2, operation="UpdateEndpoint"))
        == []
    )
    assert names(read, exchange(1, operation="UpdateEndpoint")) == ["acted-on-stale-value"]


def test_waits_of_many_short_chains_are_compared():
    def chains(*waits):
        return [
            item
            for n, wait in enumerate(waits)
            for item in (
                failed(10 * n, resource=f"e{n}", invocation=f"a{n}"),
                exchange(10 * n + wait, resource=f"e{n}", invocation=f"b{n}"),
            )
        ]

    assert names(*chains(2, 2, 2, 2)) == ["retry-without-jitter"]
    assert names(*chains(2, 2, 2)) == []
    assert names(*chains(2, 1, 3, 1.5)) == []


def test_an_sdks_own_waits_are_not_judged():
    attempts = [failed(at, invocation="a", attempt=at + 1, max_attempts=5) for at in range(4)]
    assert names(*attempts, exchange(4, invocation="a", attempt=5, max_attempts=5)) == []


def test_an_sdk_that_stops_early_without_having_retried_much_was_stopped():
    cut = failed(0, invocation="a", max_attempts=3)
    assert names(cut) == ["gave-up-on-transient-error"]


def test_the_max_attempts_are_a_choice():
    attempts = [failed(at) for at in (0, 0.3, 2, 3)]
    done = exchange(5)
    assert names(*attempts, done, max_attempts=4) == ["too-many-attempts"]
    assert names(*attempts, done, max_attempts=5) == []


# -- forms -----------------------------------------------------------------------------------------


def test_the_text_shows_figures_findings_evidence_and_what_to_do():
    text = eventful().as_text()
    assert "8 calls, 10 attempts in 65 s" in text
    assert "CreateEndpoint            5         5       0           4         1" in text
    assert "1 s / 1 s / 1 s, fixed, not growing" in text
    assert "2 findings" in text
    assert "+0.010 s  CreateEndpoint  attempt 1  ValidationException (stale)" in text
    assert "what to do: Retry it with back-off and jitter" in text
    assert "\x1b" not in text
    assert "\x1b[1;31m2 findings\x1b[0m" in eventful().as_text(colour=True)


@pytest.mark.parametrize(("attempts", "waits"), [((0, 1), "1 s"), ((0, 1, 3), "1 s / 1.5 s / 2 s")])
def test_one_wait_is_shown_alone_and_of_more_the_least_the_median_and_the_longest(attempts, waits):
    (row,) = report_of(*map(missed, attempts)).as_json()["operations"]
    assert describe_waits(row["waits"]).split(", ")[0] == waits


@pytest.mark.parametrize(
    ("count", "start"), [(1, "CreateModel m "), (2, "2 calls (first: CreateModel m)")]
)
def test_calls_that_a_program_gave_up_are_counted_from_two_on(count, start):
    lost = [failed(9 * n, operation="CreateModel", resource="mn"[n]) for n in range(count)]
    assert only(report_of(*lost)).message.startswith(start)


def test_the_fault_rules_in_force_are_named():
    about = {**ABOUT, "faults": ["lost-reply", "slow"]}
    report = build_report([group([exchange()])], about)
    assert "preset dynamodb   faults lost-reply, slow   seed 7" in report.as_text()
    assert "preset dynamodb · faults lost-reply, slow · seed 7" in report.as_html()


def test_an_operation_without_a_resource_is_named_alone():
    listed = [failed(n * n, operation="ListModels", resource="") for n in range(12)]
    report = report_of(*listed, exchange(200, operation="ListModels", resource=""))
    assert only(report).message == "ListModels was attempted 13 times; the limit is 10."


@pytest.mark.parametrize(
    ("exchanges", "code", "verdict", "heading"),
    [
        ([], 0, "No request", "verdict unknown"),
        ([], 1, "No request", "verdict unknown"),
        ([exchange()], 0, "No findings", "verdict"),
        ([exchange(operation="ListModels")], 3, "The command failed", "verdict bad"),
        ([missed()], 0, "1 finding", "verdict bad"),
    ],
)
def test_a_command_is_reported_with_its_end(exchanges, code, verdict, heading):
    run = Run(("python", "a b.py", "\x1b"), code, 2.5)
    report = build_report([group(exchanges)], ABOUT, run=run)
    assert f"command python 'a b.py' '\\x1b'   exit code {code}   2.5 s" in report.as_text()
    page = report.as_html()
    assert f'<span class="{heading}">{verdict}</span>' in page
    assert f"exit code {code} · 2.5 s" in page
    assert ("\x1b[1;32mno findings" in report.as_text(colour=True)) is (verdict == "No findings")
    assert report.as_json()["run"]["exit_code"] == code


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("python", "-c", "\nimport boto3\nprint(boto3)\n"), "python -c 'import boto3 …'"),
        (("sh", "-c", "exit 7\n"), "sh -c 'exit 7'"),
        (("python", "-c", "x" * 100), f"python -c {'x' * 61}…"),
    ],
)
def test_a_long_command_is_shown_by_its_beginning(words, shown):
    report = build_report([group([])], ABOUT, run=Run(words, 1, 2.5))
    assert f"command {shown}   exit code 1" in report.as_text()
    assert f"arrived from {shown}, so nothing" in only(report).message
    (error,) = ET.fromstring(report.as_junit()).iter("error")
    assert error.get("message") == f"{shown} ended with exit code 1"
    assert f">{escape(shown).replace('&#x27;', '&#39;')}</code> · exit code 1" in report.as_html()
    assert report.as_json()["run"]["command"] == words


def test_a_command_without_a_request_is_a_finding_though_another_scenario_is_empty():
    run = Run(("true",), 0, 0.1)
    assert only(build_report([group([]), group([])], ABOUT, run=run)).name == "no-request"
    assert build_report([group([]), group([exchange()])], ABOUT, run=run).ok
    assert "no-request" in report_junit_failures(build_report([group([])], ABOUT, run=run))


def test_a_command_that_reaches_only_other_services_has_tested_nothing():
    run = Run(("deploy",), 0, 0.1)
    others = [
        exchange(0, operation="s3:GET", resource="b"),
        exchange(1, operation="s3:PUT", resource="b"),
        exchange(2, operation=""),
    ]
    report = build_report([group(others)], ABOUT, run=run)
    assert [each.operation for each in only(report).evidence] == ["s3:GET", ""]
    assert "No request for SageMaker arrived from deploy" in only(report).message
    assert "came for s3, an unknown service:" in only(report).message
    assert "sts.us-east-1.amazonaws.com" in only(report).message
    page = report.as_html()
    assert '<span class="verdict unknown">No request</span> for SageMaker arrived' in page
    assert "no-request" in report_junit_failures(report)

    asked = exchange(3, operation="sts:GetCallerIdentity", resource="")
    assert "sts.us-east-1" not in only(build_report([group([asked])], ABOUT, run=run)).message


def test_other_services_are_enough_where_they_are_judged_or_used_by_tests():
    run = Run(("deploy",), 0, 0.1)
    other = group([exchange(operation="s3:GET")])
    assert build_report([other], ABOUT, run=run, all_services=True).ok
    assert build_report([other], ABOUT).ok
    assert build_report([group([])], ABOUT, run=run, tests=[other]).ok
    assert build_report([group([exchange(operation="sagemaker:ListHubs")])], ABOUT, run=run).ok


def report_junit_failures(report) -> set[str | None]:
    cases = ET.fromstring(report.as_junit()).iter("testcase")
    return {case.get("name") for case in cases if case.find("failure") is not None}


@pytest.mark.parametrize(
    ("code", "cleans_up", "found"), [(1, False, True), (0, True, True), (0, False, False)]
)
def test_resources_left_behind_are_judged_after_a_failure_or_on_demand(code, cleans_up, found):
    created = exchange(0, operation="CreateModel", resource="m")
    lost = exchange(1, operation="CreateEndpoint", status=200, delivery="reset", invocation="a")
    deleted = (
        exchange(2, operation="CreateModel", resource="n"),
        exchange(3, operation="DeleteModel", resource="n"),
    )
    described = exchange(4, operation="DescribeEndpoint")
    run = Run(("deploy",), code, 1.0, cleans_up)
    report = build_report([group([created, lost, *deleted, described])], ABOUT, run=run)
    assert report.ok is not found
    if found:
        assert only(report).message.endswith("left behind: Model m, Endpoint e.")


def test_the_text_of_no_finding_and_of_no_request():
    assert "no findings" in report_of(exchange()).as_text()
    nothing = report_of().as_text()
    assert "no request arrived" in nothing
    assert "no findings" not in nothing


def test_the_text_cuts_long_evidence_and_many_findings_and_shows_faults_and_gaps():
    many = [missed(n * 10 + m * m, resource=f"e{n}", faults=("f",)) for n in range(5) for m in range(3)]
    text = build_report([group(many)], {**ABOUT, "dropped": 5}).as_text()
    assert "… and 2 more stale-miss-not-retried" in text
    assert "ValidationException (fault f, stale)" in text
    assert "no longer has the first 5 requests" in text
    long = [missed(float(n * n)) for n in range(9)]
    assert "… 3 more …" in report_of(*long).as_text()


def test_control_characters_of_a_client_are_escaped_in_the_text():
    text = report_of(missed(resource="a\x1b]0;title\x07\x9b2J\u202eb", operation="\x1bcX")).as_text()
    assert "a\\x1b]0;title\\x07\\x9b2J\\u202eb" in text
    assert all(line.isprintable() for line in text.splitlines())
    hostile = report_of(missed(resource="a\x1b]0;title\x07\x9b2Jb", operation="\x1bcX"))
    for form in (hostile.as_html(), hostile.as_junit(), json.dumps(hostile.as_json())):
        assert not {"\x1b", "\x07", "\x9b"} & set(form)
        assert "2Jb" in form


def test_the_document_is_json_and_holds_all():
    document = json.loads(json.dumps(eventful().as_json()))
    assert (document["ok"], document["preset"], document["duration"]) == (False, "dynamodb", 65.0)
    assert [finding["name"] for finding in document["findings"]] == [
        "retry-without-jitter",
        "stale-miss-not-retried",
    ]
    assert [attempt["offset"] for attempt in document["findings"][0]["evidence"]] == [
        0.01,
        1.01,
        2.01,
        3.01,
        4.01,
    ]
    assert [chain["operation"] for chain in document["retry_chains"]] == [
        "CreateEndpointConfig",
        "CreateEndpoint",
        "CreateModel",
        "DescribeModel",
    ]
    assert {kind["name"] for kind in document["finding_types"]} == set(FINDINGS)


def test_on_a_virtual_clock_time_is_what_that_moved():
    attempts = [missed(0), missed(5, wall=0.01)]
    report = build_report([group(attempts, virtual=True)], ABOUT, virtual=True)
    assert report.as_json()["duration"] == 5.0


def test_junit_has_a_case_for_each_kind_and_a_failure_for_each_found():
    suite = ET.fromstring(eventful().as_junit()).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == (str(len(FINDINGS)), "2")
    assert [case.get("name") for case in suite.iter("testcase")] == list(FINDINGS)
    failures = {case.get("name"): case.find("failure") for case in suite.iter("testcase") if len(case)}
    assert set(failures) == {"stale-miss-not-retried", "retry-without-jitter"}
    assert "What to do: Retry it" in (failures["stale-miss-not-retried"].text or "")


def test_junit_has_the_command_which_fails_with_an_exit_code():
    for code, errors in ((0, "0"), (7, "1")):
        run = Run(("deploy", "a b"), code, 2.5)
        suite = ET.fromstring(build_report([group([exchange()])], ABOUT, run=run).as_junit())[0]
        properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
        assert (properties["command"], properties["exit code"]) == ("deploy 'a b'", str(code))
        assert (suite.get("errors"), suite.get("time"), properties["seed"]) == (errors, "2.500", "7")
        error = suite.find("testcase[@name='command']/error")
        assert (error is None) == (code == 0)


def test_a_report_on_real_time_says_that_outcomes_depend_on_it():
    for about, said in ((ABOUT, False), ({**ABOUT, "timed": True}, True)):
        report = build_report([group([exchange()])], about)
        for form in (report.as_text(), report.as_html()):
            assert ("--reproducible --seed 7" in form) is said


def test_junit_is_xml_whatever_a_client_called_its_resources():
    xml = report_of(missed(resource="a\x00<b>\ud800")).as_junit()
    failure = ET.fromstring(xml).find(".//failure")
    assert "a\ufffd<b>\ufffd" in (failure.get("message") if failure is not None else "")


def test_a_report_contains_its_findings_by_name():
    assert "stale-miss-not-retried" in eventful()
    assert "too-many-attempts" not in eventful()
