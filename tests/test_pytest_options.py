"""The plugin's options: presets, seeds, environment, findings; and what a session tells in the end."""

from xml.etree import ElementTree as ET

import pytest

DEPLOY = """
import random, time

def patient(sagemaker, operation, **members):
    for attempt in range(10):
        try:
            return getattr(sagemaker, operation)(**members)
        except sagemaker.exceptions.ClientError:
            time.sleep(random.uniform(0, 0.02 * 2**attempt))

def deploy(sagemaker):
    for name in "abcdef":
        sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": "i"})
        variant = dict(VariantName="v", ModelName=name, InstanceType="ml.m5.large", InitialInstanceCount=1)
        patient(sagemaker, "create_endpoint_config", EndpointConfigName=name, ProductionVariants=[variant])
        patient(sagemaker, "create_endpoint", EndpointName=name, EndpointConfigName=name)
"""
LATE = """
def deploy(sagemaker):
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    with pytest.raises(sagemaker.exceptions.ClientError):
        sagemaker.describe_model(ModelName="m")
"""


def test_a_matrix_of_presets_and_seeds_leaves_what_a_marker_sets(suite):
    result = suite(
        """
def test_it(sm_emulator): pass

@pytest.mark.sm_emulator(preset="flapping")
def test_with_a_preset(sm_emulator):
    assert sm_emulator.summary()["consistency"]["preset"] == "flapping"

def test_without(): pass
""",
        "-v",
        "-n2",
        "--sm-emulator-presets=dynamodb, strong",
        "--sm-emulator-seeds=1-2,7",
    )
    result.assert_outcomes(passed=6 + 3 + 1)
    ids = [f"{preset}-seed{seed}" for preset in ("dynamodb", "strong") for seed in (1, 2, 7)]
    result.stdout.fnmatch_lines_random(
        [
            *(f"*::test_it[[]{each}] *" for each in ids),
            "*::test_with_a_preset[[]seed7] *",
            "sm-emulator: 9 scenarios, 0 stale reads, 0 findings, seeds 1-2, 7",
        ]
    )


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--sm-emulator-seeds=1-x", "*'1-x' is neither a seed nor a range like 1-20"),
        ("--sm-emulator-fail-on=stale", "*--sm-emulator-fail-on: 'stale' is not a finding*"),
    ],
)
def test_a_wrong_option_is_refused_before_any_test(suite, option, message):
    result = suite("def test_it(): pass", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_the_environment_is_read_as_by_serve_and_options_override_it(suite, pytester, monkeypatch):
    monkeypatch.setenv("SM_EMULATOR_PRESET", "flapping")
    monkeypatch.setenv("SM_EMULATOR_SEED", "3")
    monkeypatch.setenv("SM_EMULATOR_PORT", "1")
    monkeypatch.setenv("SM_EMULATOR_CONFIG", "emulator.toml")
    pytester.path.joinpath("emulator.toml").write_text("[lifecycle]\ncreating_seconds = 60\n")
    result = suite(
        """
def test_it(sm_emulator, sm_emulator_server):
    result = sm_emulator.summary()
    assert (result["seed"], result["consistency"]["preset"]) == (3, "dynamodb")
    assert sm_emulator_server.settings["lifecycle.creating_seconds"] == 60
""",
        "--sm-emulator-preset=dynamodb",
    )
    result.assert_outcomes(passed=1)


def test_a_test_with_a_finding_fails_where_that_is_asked_for(suite, pytester):
    program = f"""{LATE}
@pytest.mark.sm_emulator(preset="read-after-create-miss-1", seed=5)
def test_it(sagemaker_client):
    deploy(sagemaker_client)

def test_with_nothing_to_find(sm_emulator): pass

def test_without(): pass
"""
    result = suite(program, "--sm-emulator-fail-on=any", "--junitxml=junit.xml", "-n2")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines_random(
        [
            "stale-miss-not-retried: DescribeModel m was refused *",
            "sm-emulator: 2 scenarios, 1 stale read, 1 finding, seeds 0, 5",
        ]
    )
    case = ET.parse(pytester.path / "junit.xml").find(".//testcase[@name='test_it']")
    found = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert found == {
        "sm_emulator.seed": "5",
        "sm_emulator.preset": "read-after-create-miss-1",
        "sm_emulator.calls": "2",
        "sm_emulator.stale_reads": "1",
        "sm_emulator.findings": "stale-miss-not-retried",
    }


def test_the_calls_of_a_failing_test_are_in_junit_xml_and_in_html(suite, pytester):
    pytest.importorskip("pytest_html")
    result = suite(
        f"""{LATE}
@pytest.mark.sm_emulator(preset="read-after-create-miss-1", faults=[
    dict(name="t", match=dict(operation="CreateModel"), when=dict(first=1), effect=dict(fault="throttle"))
])
@pytest.mark.parametrize("fails", [False, True])
def test_it(sagemaker_client, fails):
    deploy(sagemaker_client)
    assert not fails
""",
        *("--junitxml=junit.xml", "--html=report.html", "-rP"),
    )
    result.assert_outcomes(passed=1, failed=1)
    line = "CreateModel m: ok in 2 attempts, waiting "
    assert line in pytester.path.joinpath("junit.xml").read_text()
    assert pytester.path.joinpath("report.html").read_text().count(line) == 2
    assert result.stdout.str().count(line) == 2


def test_waits_move_the_virtual_clock_of_a_test_that_sleeps_virtually(suite):
    result = suite("""
import time
from time import sleep

@pytest.mark.sm_emulator(sleep="virtual", settings={"lifecycle.creating_seconds": 300})
def test_it(sagemaker_client, sm_emulator):
    began = sm_emulator.clock.now
    sagemaker_client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    variant = dict(VariantName="v", ModelName="m", InstanceType="ml.m5.large", InitialInstanceCount=1)
    sagemaker_client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    sagemaker_client.create_endpoint(EndpointName="e", EndpointConfigName="c")
    sagemaker_client.get_waiter("endpoint_in_service").wait(EndpointName="e")
    with sm_emulator.fault("throttle", operation="DescribeEndpoint", first=2):
        sagemaker_client.describe_endpoint(EndpointName="e")
    sleep(1000)
    assert sm_emulator.clock.now - began > 1300

def test_the_next(sm_emulator):
    assert sm_emulator.clock.mode == "real"
    before = time.monotonic()
    sleep(0.01)
    assert 0 < time.monotonic() - before < 60
""")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("options", [(), ("--sm-emulator-reproducible",)])
def test_reproducible_tests_sleep_virtually_unless_their_clock_is_real(suite, options):
    result = suite(
        """
import time

@pytest.mark.parametrize("mark", [
    pytest.param("virtual", marks=pytest.mark.sm_emulator(settings={"reproducible": True})),
    pytest.param("virtual", marks=pytest.mark.sm_emulator(reproducible=True)),
    pytest.param("real", marks=pytest.mark.sm_emulator(reproducible=False)),
    pytest.param("real", marks=pytest.mark.sm_emulator(reproducible=True, clock="real")),
])
def test_it(sm_emulator, mark):
    assert sm_emulator.clock.mode == mark
    before = sm_emulator.clock.now
    time.sleep(1000 if mark == "virtual" else 0)
    assert (sm_emulator.clock.now - before >= 1000) is (mark == "virtual")
""",
        *options,
    )
    result.assert_outcomes(passed=4)


def test_reproducible_tests_of_one_seed_have_one_outcome_whatever_ran_before(suite):
    result = suite(f"""{DEPLOY}
outcomes = {{}}

@pytest.mark.parametrize("run", range(5))
@pytest.mark.parametrize("seed", [
    pytest.param(seed, marks=pytest.mark.sm_emulator(preset="dynamodb", seed=seed)) for seed in (3, 7)
])
def test_it(sagemaker_client, sm_emulator, seed, run):
    state = random.getstate()
    deploy(sagemaker_client)
    outcome = [(call.label, call.outcome, call.waits) for call in sm_emulator.calls()]
    assert outcomes.setdefault(seed, outcome) == outcome
    assert any(call.stale for call in sm_emulator.calls())

def test_they_differ_by_seed_and_leave_random_alone():
    assert outcomes[3] != outcomes[7]
    assert random.random() != random.Random(0).random()
""", "--sm-emulator-reproducible")  # fmt: skip
    result.assert_outcomes(passed=11)
