"""Each finding on a program with that one bug, and on its repaired version, which is clean."""

import contextlib

import programs
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from sm_emulator.report import FINDINGS

# Finding, what goes wrong, the program that does not mind, and the one that does.
# What goes wrong is which reads are late, and for how many of them or how long; or a fault
LATE_CONFIGS = {"types": ["EndpointConfig"], "surfaces": ["load"]}
LATE_ENDPOINTS = {"types": ["Endpoint"], "surfaces": ["describe"], "after": ["create"]}
LATE_UPDATES = {"types": ["Endpoint"], "surfaces": ["describe"], "after": ["update"]}
LATE_DESCRIBES = {"types": ["EndpointConfig"], "surfaces": ["describe"]}
CASES = [
    ("stale-miss-not-retried", (LATE_CONFIGS, 2), programs.naive, programs.patient),
    ("retry-without-wait", (LATE_CONFIGS, 3), programs.hasty, programs.patient),
    ("retry-without-jitter", (LATE_CONFIGS, 3), programs.steady, programs.patient),
    ("retry-without-jitter", (LATE_CONFIGS, 4), programs.doubling, programs.patient),
    ("too-many-attempts", (LATE_CONFIGS, "5s"), programs.stubborn, programs.patient),
    ("waiter-ended-on-stale-read", (LATE_ENDPOINTS, 1), programs.trusting_waiter, programs.wary_waiter),
    ("waiter-ended-on-stale-read", (LATE_ENDPOINTS, 1), programs.trusting_end, programs.waiter_again),
    (
        "acted-on-stale-value",
        (LATE_DESCRIBES, 1),
        programs.create_if_missing,
        programs.create_if_still_missing,
    ),
    (
        "acted-on-stale-value",
        (LATE_UPDATES, 1),
        programs.update_by_what_it_saw,
        programs.update_by_what_is,
    ),
    (
        "lost-create-treated-as-failure",
        {"fault": "reset", "operation": "CreateEndpointConfig", "phase": "after", "times": 1},
        programs.take_existing_for_failure,
        programs.look_at_what_exists,
    ),
    (
        "retry-budget-spent",
        {"fault": "error", "code": "InternalFailure", "operation": "DescribeModel"},
        programs.hammer,
        programs.break_the_circuit,
    ),
    (
        "non-retryable-error-retried",
        None,
        programs.retry_anything,
        programs.retry_what_may_pass,
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
