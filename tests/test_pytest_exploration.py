"""The marker `sm_explore`, as suites of others use it: each test here runs a suite of its own."""

import re
import xml.etree.ElementTree as ET

import pytest

PROGRAMS = """
import time
from botocore.exceptions import ClientError

VARIANTS = [{"VariantName": "a", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]

@pytest.fixture
def model(sagemaker_client):
    sagemaker_client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})

def deploy(sagemaker, attempts=1):
    sagemaker.create_endpoint_config(EndpointConfigName="cfg", ProductionVariants=VARIANTS)
    for attempt in range(attempts):
        try:
            return sagemaker.create_endpoint(EndpointName="ep", EndpointConfigName="cfg")
        except ClientError as error:
            if "Could not find" not in str(error) or attempt == attempts - 1:
                raise
            time.sleep(1)
"""
LATE = "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1"


@pytest.fixture
def explored(suite):
    def run(text, *options):
        return suite(PROGRAMS + text, *options)

    return run


def test_an_item_has_one_report_that_of_its_smallest_failing_schedule(explored, pytester):
    result = explored(
        """
def test_before(sagemaker_client): pass

runs = []

@pytest.mark.sm_explore(faults=("throttle",), max_lag="3s")
def test_hasty(sagemaker_client, model):
    runs.append(1)
    print("run", len(runs))
    deploy(sagemaker_client, attempts=2)

@pytest.mark.sm_explore(faults=("throttle",), max_lag="3s")
def test_patient(sagemaker_client, model):
    deploy(sagemaker_client, attempts=9)

def test_after(sagemaker_client): pass
""",
        "--junitxml=found.xml",
        "-rA",
    )
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *ClientError*Could not find endpoint configuration*",
            "*- sm-emulator explore -*",
            "*BREAKS*CreateEndpoint(ep)#1 late EndpointConfig(cfg) x2*",
            "*replay: pytest *::test_hasty --sm-schedule 'CreateEndpoint(ep)#1 late EndpointConfig(cfg) x2'",
            "*- sm-emulator explore -*",
            "exhausted: none of*",
        ]
    )
    assert len(re.findall(r"^run \d+$", result.stdout.str(), re.MULTILINE)) == 1
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "found.xml").iter("testcase")}
    assert len(cases) == 4
    found = {
        name: {each.get("name"): each.get("value") for each in case.iter("property")}
        for name, case in cases.items()
    }
    assert found["test_hasty"]["sm_emulator.exploration"] == "broken"
    assert found["test_patient"]["sm_emulator.exploration"] == "exhausted"
    assert "--sm-schedule" in cases["test_hasty"].find("failure").text


def test_one_schedule_is_replayed_and_exploring_can_be_turned_off_or_limited(explored, pytester):
    suite = """
@pytest.mark.sm_explore(faults=(), max_lag="3s")
@pytest.mark.parametrize("attempts", [1, 9])
def test_it(sagemaker_client, model, attempts):
    deploy(sagemaker_client, attempts)
"""
    result = explored(suite, "--sm-schedule", LATE)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*test_it*1* --sm-schedule*"])
    for options, outcomes in (
        (("--sm-explore=no",), {"passed": 2}),
        (("--sm-explore-budget", "2", "-rA"), {"passed": 2}),
        (("-n", "2"), {"passed": 1, "failed": 1}),
        (("-x",), {"failed": 1}),
    ):
        done = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", *options)
        done.assert_outcomes(**outcomes)
        assert ("stopped: the budget is spent" in done.stdout.str()) == (
            "--sm-explore-budget" in options
        )


def test_a_schedule_that_does_not_fit_is_an_error(explored):
    result = explored(
        """
@pytest.mark.sm_explore
def test_it(sagemaker_client, model):
    deploy(sagemaker_client)
""",
        "--sm-schedule",
        "CreateEndpoint(ep)#2 lost",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["marker sm_explore: schedule does not fit*CreateEndpoint(ep)#2 never came*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_fixtures_of_every_scope_are_set_up_for_each_run(explored):
    result = explored("""
made = {"session": 0, "module": 0, "function": 0}
runs = []

def counted(scope):
    @pytest.fixture(scope=scope)
    def fixture():
        made[scope] += 1
        yield
        made[scope + " ended"] = made.get(scope + " ended", 0) + 1
    return fixture

of_session, of_module, of_function = map(counted, made)

def test_before(of_session, of_module): pass

@pytest.mark.sm_explore(stale="none", faults=("throttle",))
def test_it(of_session, of_module, of_function, sagemaker_client, model):
    runs.append(1)
    deploy(sagemaker_client)

def test_after(of_session, of_module):
    assert len(runs) == 5
    assert made["function"] == made["function ended"] == 5
    assert made["session"] == made["module"] == 6
    assert made["session ended"] == 5
""")
    result.assert_outcomes(passed=3)


def test_a_failure_in_set_up_or_teardown_is_an_error_and_no_break(explored):
    result = explored("""
runs = []

@pytest.fixture
def breaks_later(model):
    runs.append(1)
    assert len(runs) < 3, "set-up"

@pytest.fixture
def ends_badly(sagemaker_client, sm_emulator):
    yield
    assert all(not exchange.faults for exchange in sm_emulator.journal().exchanges), "teardown"

@pytest.mark.sm_explore(stale="none", faults=("throttle",))
def test_set_up(sagemaker_client, breaks_later):
    deploy(sagemaker_client)

@pytest.mark.sm_explore(stale="none", faults=("throttle",))
def test_teardown(sagemaker_client, model, ends_badly):
    deploy(sagemaker_client)

@pytest.mark.sm_explore(stale="none", faults=("lost",))
def test_broken_and_teardown(sagemaker_client, model, ends_badly):
    deploy(sagemaker_client)
""")
    result.assert_outcomes(passed=1, errors=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_set_up*",
            "*AssertionError: set-up*",
            "under the schedule CreateEndpointConfig(cfg)#1 throttle",
            "*ERROR at teardown of test_teardown*",
            "under the schedule CreateEndpointConfig(cfg)#1 throttle",
        ]
    )


def test_crashes_outcomes_and_invariants(explored):
    result = explored("""
import boto3

@pytest.fixture
def variables(sm_emulator_environment, model):
    pass

@pytest.mark.sm_explore(stale="none", faults=(), crash=True)
def test_crash(variables):
    deploy(boto3.client("sagemaker"))

@pytest.mark.sm_explore(stale="none", faults=(), outcomes=True)
def test_dishonest(variables):
    deploy(boto3.client("sagemaker"))

def no_endpoint(resources):
    return "Endpoint(ep)" not in resources

@pytest.mark.sm_explore(stale="none", faults=("throttle",), invariants=[no_endpoint])
def test_invariant(variables):
    deploy(boto3.client("sagemaker"))

@pytest.mark.sm_explore(stale="none", faults=("lost",))
def test_that_says_why(variables):
    try:
        deploy(boto3.client("sagemaker"))
    except ClientError as error:
        pytest.fail(f"deploy: {error}")
""")
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            "*BREAKS*crash after 1*",
            "*replay: pytest *test_crash --sm-schedule 'crash after 1'",
            "*Endpoint(ep) is Failed, and it reported success*",
            "*the invariant 'no_endpoint' does not hold even without any cause: it returned False*",
            "*Failed: deploy: An error occurred*already existing*",
        ]
    )


def test_a_test_that_fails_or_is_skipped_by_itself_is_reported_as_ever(explored):
    result = explored("""
@pytest.mark.sm_explore
def test_fails(sagemaker_client):
    sagemaker_client.list_models()
    assert 1 == 2

@pytest.mark.sm_explore
def test_makes_no_request(sagemaker_client): pass

@pytest.mark.sm_explore
def test_skips(sagemaker_client):
    pytest.skip("not today")

@pytest.mark.sm_explore
@pytest.mark.xfail(strict=True)
def test_known(sagemaker_client, model):
    deploy(sagemaker_client)
""")
    result.assert_outcomes(failed=2, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "E *assert 1 == 2",
            "the program fails (exit code 1) even without any cause*",
            "*no request arrived from the program*",
        ]
    )


@pytest.mark.parametrize(
    ("marker", "arguments", "message"),
    [
        ("sm_explore(2)", "sagemaker_client", "2 needs a name, as in k=1"),
        ("sm_explore(fault=())", "sagemaker_client", "there is no argument 'fault'; did you mean 'faults'"),
        ("sm_explore(k=0)", "sagemaker_client", "k: 0 is not a whole number from 1 on"),
        ("sm_explore(session=['rwy'])", "sagemaker_client", "session: 'rwy' is not allowed"),
        ("sm_explore(schedule='x')", "sagemaker_client", "*'x'*"),
        ("sm_explore", "", "the test has no scenario: use sagemaker_client*"),
    ],
)  # fmt: skip
def test_a_wrong_marker_is_an_error_without_a_traceback(suite, marker, arguments, message):
    result = suite(f"""
@pytest.mark.{marker}
def test_it({arguments}):
    {arguments or None} and sagemaker_client.list_models()
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"marker sm_explore: {message}*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_what_is_not_supported_is_refused(suite):
    result = suite("""
import unittest

@pytest.mark.usefixtures("sm_emulator_environment")
@pytest.mark.sm_explore
class TestIt(unittest.TestCase):
    def test_it(self): pass

@pytest.mark.sm_explore
@pytest.mark.sm_emulator(preset="dynamodb")
def test_with_a_preset(sagemaker_client): pass
""")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "marker sm_explore: methods of unittest.TestCase are not supported*",
            "marker sm_emulator: under sm_explore only seed and settings are allowed, not preset*",
        ]
    )


def test_coroutines_run_as_their_plugin_runs_them(explored, pytester):
    pytester.makeconftest("""
import asyncio, inspect, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.function):
        names = pyfuncitem._fixtureinfo.argnames
        asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
        return True
""")
    result = explored("""
import asyncio

@pytest.mark.sm_explore(faults=())
async def test_it(sagemaker_client, model):
    await asyncio.sleep(3600)
    deploy(sagemaker_client)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*--sm-schedule '{LATE}'"])
