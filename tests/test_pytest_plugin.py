"""The plugin, as suites of others use it: each test here runs a suite of its own."""

import subprocess
import sys

import pytest

MODEL = 'ModelName="m", PrimaryContainer={"Image": "i"}'


def test_loading_the_plugin_imports_nothing_of_the_emulator():
    program = "import pytest, sys; before = set(sys.modules); import sm_emulator.pytest_plugin; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    imported = set(eval(done.stdout))
    assert {name for name in imported if not name.startswith("sm_emulator.pytest_plugin")} == {
        "sm_emulator"
    }


def test_each_test_has_an_account_of_its_own(suite):
    result = suite(f"""
seen = set()

@pytest.mark.parametrize("i", range(3))
def test_it(i, sm_emulator, sagemaker_client):
    arn = sagemaker_client.create_model({MODEL})["ModelArn"]
    assert sm_emulator.account in arn
    assert sm_emulator.account not in seen
    seen.add(sm_emulator.account)
""")
    result.assert_outcomes(passed=3)


def test_a_scenario_ends_with_its_test(suite):
    result = suite("""
def test_it(sm_emulator, sm_emulator_server):
    assert [s.account for s in sm_emulator_server.control.all()] == [sm_emulator.account]

def test_another(test_it=None): pass

def test_a_third(sm_emulator, sm_emulator_server):
    assert [s.account for s in sm_emulator_server.control.all()] == [sm_emulator.account]
""")
    result.assert_outcomes(passed=3)


def test_the_marker_says_how_a_scenario_begins_and_the_nearest_counts(suite):
    result = suite("""
pytestmark = pytest.mark.sm_emulator(preset="dynamodb", seed=1)

def test_of_the_module(sm_emulator):
    result = sm_emulator.summary()
    assert (result["seed"], result["consistency"]["preset"], result["clock"]["mode"]) == (1, "dynamodb", "real")

@pytest.mark.sm_emulator(clock="virtual", settings={"lifecycle.creating_seconds": 60})
def test_of_its_own(sm_emulator):
    result = sm_emulator.summary()
    assert (result["seed"], result["consistency"]["preset"], result["clock"]["mode"]) == (0, "strong", "virtual")
    sm_emulator.clock.advance(1)
    sm_emulator.seed(9)
    sm_emulator.reset()
    assert sm_emulator.summary()["seed"] == 0
""")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ('preset="dynamo"', "marker sm_emulator: consistency.preset*dynamo*did you mean 'dynamodb'"),
        (
            "sead=3",
            "marker sm_emulator: there is no argument 'sead'; did you mean 'seed'*allowed: clock,*",
        ),
        ('sleep="no"', "marker sm_emulator: sleep='no' is neither 'real' nor 'virtual'"),
        ('sleep="virtual", clock="real"', "marker sm_emulator: sleep='virtual' needs clock='virtual'*"),
        ('"dynamodb"', "marker sm_emulator: 'dynamodb' needs a name, as in preset='dynamodb'"),
        (
            'faults=[{"effect": {"fault": "throttle"}}]',
            r"marker sm_emulator: faults[[]0].name*is missing",
        ),
    ],
)
def test_a_wrong_marker_is_reported_without_a_traceback(suite, argument, message):
    result = suite(f"""
@pytest.mark.sm_emulator({argument})
def test_it(sm_emulator): pass
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{message}*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*During handling*")


def test_a_wrong_option_is_reported_without_a_traceback(suite):
    result = suite("def test_it(sm_emulator): pass", "--sm-emulator-seed=-1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["sm-emulator: seed*-1 is below the minimum, 0"])
    result.stdout.no_fnmatch_line("*pytest_plugin*.py*")


def test_the_marker_takes_faults_as_rules_and_by_name(suite):
    result = suite(f"""
THROTTLED = [
    {{
        "name": "t",
        "match": {{"operation": "CreateModel"}},
        "when": {{"first": 1}},
        "effect": {{"fault": "throttle"}},
    }}
]

@pytest.mark.sm_emulator(faults=THROTTLED)
def test_rules(sagemaker_client, sm_emulator):
    sagemaker_client.create_model({MODEL})
    assert [len(call.attempts) for call in sm_emulator.calls()] == [2]

@pytest.mark.sm_emulator(faults="throttle-storm")
def test_a_preset(sm_emulator):
    assert sm_emulator.summary()["faults"]

def test_neither(sm_emulator):
    assert not sm_emulator.summary()["faults"]
""")
    result.assert_outcomes(passed=3)


def test_the_clients_use_the_scenario_of_their_test(suite):
    result = suite(f"""
@pytest.mark.sm_emulator(preset="read-after-create-miss-1")
def test_it(sagemaker_client, sagemaker_runtime_client, sm_emulator):
    sagemaker_client.create_model({MODEL})
    with pytest.raises(sagemaker_client.exceptions.ClientError, match="Could not find model"):
        sagemaker_client.describe_model(ModelName="m")
    assert sagemaker_runtime_client.meta.endpoint_url == sm_emulator.url
""")
    result.assert_outcomes(passed=1)


def test_a_failing_test_is_reported_with_the_seed_and_the_last_calls(suite):
    result = suite("""
@pytest.mark.sm_emulator(preset="dynamodb", seed=7)
def test_it(sagemaker_client):
    sagemaker_client.describe_model(ModelName="nope")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- sm-emulator -*",
            "seed 7, preset dynamodb, real clock*",
            "*DescribeModel*nope*ValidationException*",
        ]
    )


def test_a_failing_test_is_reported_with_what_its_program_did_wrong(suite):
    result = suite(f"""
@pytest.mark.sm_emulator(preset="read-after-create-miss-1")
def test_it(sagemaker_client):
    sagemaker_client.create_model({MODEL})
    sagemaker_client.describe_model(ModelName="m")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "DescribeModel m: ValidationException  (a stale read)",
            "stale-miss-not-retried: DescribeModel m was refused because a read was stale, *",
        ]
    )


def test_a_passing_test_is_reported_without(suite):
    result = suite("def test_it(sm_emulator): pass", "-rA")
    result.stdout.no_fnmatch_line("*- sm-emulator -*")


def test_a_test_that_fails_in_its_teardown_is_reported_too(suite):
    result = suite("""
@pytest.fixture
def broken(sm_emulator):
    yield
    assert False

def test_it(broken): pass
""")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*- sm-emulator -*", "seed 0*"])


@pytest.mark.parametrize("scope", ["around the test", "around the whole session"])
def test_a_suite_under_freezegun_goes_on(suite, pytester, scope):
    pytest.importorskip("freezegun")
    if scope == "around the whole session":
        pytester.makeconftest("""
from freezegun import freeze_time
frozen = freeze_time("2020-01-01")

def pytest_sessionstart(): frozen.start()
def pytest_sessionfinish(): frozen.stop()
""")
    result = suite(f"""
from freezegun import freeze_time

@freeze_time("2020-01-01")
@pytest.mark.sm_emulator(preset="dynamodb", faults=[dict(name="slow", effect=dict(fault="latency", delay="20ms"))])
def test_it(sm_emulator, sagemaker_client):
    before = sm_emulator.clock.now
    sagemaker_client.create_model({MODEL})
    assert sm_emulator.journal().exchanges[0].duration >= 0.02
    assert sm_emulator.clock.now > before
""")
    result.assert_outcomes(passed=1)


def test_an_interrupted_suite_ends(suite):
    result = suite("def test_it(sm_emulator): raise KeyboardInterrupt")
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_a_bug_of_the_emulator_fails_the_test_that_caused_it(suite):
    result = suite("""
from botocore.config import Config
from sm_emulator.operations.registry import OPERATIONS

def test_it(sm_emulator, monkeypatch):
    def broken(*_): raise ZeroDivisionError("a bug")
    monkeypatch.setitem(OPERATIONS, "DescribeModel", broken)
    client = sm_emulator.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(client.exceptions.ClientError):
        client.describe_model(ModelName="m")

def test_the_next(sm_emulator): pass
""")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError: a bug*"])


def test_the_seed_can_be_given_and_settings_come_from_a_file(suite, pytester):
    pytester.makeini("[pytest]\nsm_emulator_config = emulator.toml\n")
    pytester.path.joinpath("emulator.toml").write_text('[consistency]\npreset = "flapping"\n')
    result = suite(
        """
def test_it(sm_emulator):
    result = sm_emulator.summary()
    assert (result["seed"], result["consistency"]["preset"]) == (42, "flapping")
""",
        "--sm-emulator-seed=42",
    )
    result.assert_outcomes(passed=1)


def test_four_workers_and_two_hundred_tests_of_the_same_names_stay_apart(suite):
    result = suite(
        f"""
@pytest.mark.parametrize("i", range(200))
def test_it(i, sagemaker_client):
    assert sagemaker_client.list_models()["Models"] == []
    sagemaker_client.create_model({MODEL})
    variant = dict(VariantName="v", ModelName="m", InstanceType="ml.m5.large", InitialInstanceCount=1)
    sagemaker_client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    sagemaker_client.create_endpoint(EndpointName="e", EndpointConfigName="c")
    if i % 2:
        sagemaker_client.delete_endpoint(EndpointName="e")
    else:
        assert sagemaker_client.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"
""",
        "-n4",
    )
    result.assert_outcomes(passed=200)
