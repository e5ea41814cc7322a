"""Each finding on a program with that one bug, and on its repaired version, which is clean."""

import contextlib

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from sm_emulator.report import FINDINGS
from tests.support import client_programs

# Finding, what goes wrong, the program that does not mind, and the one that does.
# What goes wrong is which reads are late, and for how many of them or how long; or a fault
LATE_CONFIGS = {"types": ["EndpointConfig"], "surfaces": ["load"]}
LATE_ENDPOINTS = {"types": ["Endpoint"], "surfaces": ["describe"], "after": ["create"]}
LATE_UPDATES = {"types": ["Endpoint"], "surfaces": ["describe"], "after": ["update"]}
LATE_DESCRIBES = {"types": ["EndpointConfig"], "surfaces": ["describe"]}
CASES = [
    ("stale-miss-not-retried", (LATE_CONFIGS, 2), client_programs.naive, client_programs.patient),
    ("retry-without-wait", (LATE_CONFIGS, 6), client_programs.hasty, client_programs.patient),
    ("retry-without-jitter", (LATE_CONFIGS, 4), client_programs.steady, client_programs.patient),
    ("retry-without-jitter", (LATE_CONFIGS, 4), client_programs.doubling, client_programs.patient),
    ("too-many-attempts", (LATE_CONFIGS, "5s"), client_programs.stubborn, client_programs.patient),
    (
        "waiter-ended-on-stale-read",
        (LATE_ENDPOINTS, 1),
        client_programs.trusting_waiter,
        client_programs.wary_waiter,
    ),
    (
        "waiter-ended-on-stale-read",
        (LATE_ENDPOINTS, 1),
        client_programs.trusting_end,
        client_programs.waiter_again,
    ),
    (
        "acted-on-stale-value",
        (LATE_DESCRIBES, 1),
        client_programs.create_if_missing,
        client_programs.create_if_still_missing,
    ),
    (
        "acted-on-stale-value",
        (LATE_UPDATES, 1),
        client_programs.update_by_what_it_saw,
        client_programs.update_by_what_is,
    ),
    (
        "lost-create-treated-as-failure",
        {"fault": "reset", "operation": "CreateEndpointConfig", "phase": "after", "times": 1},
        client_programs.take_existing_for_failure,
        client_programs.look_at_what_exists,
    ),
    (
        "retry-budget-spent",
        {"fault": "error", "code": "InternalFailure", "operation": "DescribeModel"},
        client_programs.hammer,
        client_programs.break_the_circuit,
    ),
    (
        "non-retryable-error-retried",
        None,
        client_programs.retry_anything,
        client_programs.retry_what_may_pass,
    ),
]


@pytest.fixture
def run(scenario, sagemaker, monkeypatch):
    """Run a program, whose sleeping moves the clock instead, and give the report."""
    monkeypatch.setattr("time.sleep", scenario.clock.advance)

    def run_it(program, wrong):
        sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
        if isinstance(wrong, dict):
            scenario.fault(**wrong)
        elif wrong:
            match, late = wrong
            how = (
                {"reads": late}
                if isinstance(late, int)
                else {"lag": {"dist": "constant", "value": late}}
            )
            table = {"replicas": {"choice": "stalest"}, "bounds": {"max_lag": "1m"}}
            scenario.consistency({**table, "rules": [{"name": "late", "match": match, **how}]})
        with contextlib.suppress(ClientError, BotoCoreError):
            program(sagemaker)
        return scenario.report()

    return run_it


@pytest.mark.parametrize(("name", "wrong", "program"), [case[:3] for case in CASES])
def test_a_program_with_a_bug_is_found_out(run, name, wrong, program):
    report = run(program, wrong)
    assert {finding.name for finding in report.findings} == {name}
    assert not report.ok
    (finding, *_) = report.findings
    assert finding.evidence
    assert finding.calls
    assert finding.message
    assert finding.advice


@pytest.mark.parametrize(("wrong", "program"), [(case[1], case[3]) for case in CASES])
def test_its_repaired_version_is_clean(run, wrong, program):
    report = run(program, wrong)
    assert report.ok, report.as_text()


def test_every_finding_has_a_program():
    assert {case[0] for case in CASES} == set(FINDINGS)
