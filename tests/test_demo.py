"""The demo: its outcome, and that the same seed gives the same outcome."""

import pytest

from sm_emulator import Emulator
from sm_emulator.demo import Recorder, configure, deploy, run_demo


@pytest.fixture(scope="module")
def deployments():
    return deploy(30)


def test_the_naive_client_gets_the_miss(deployments):
    create, endpoint = deployments[0].entries
    assert create.status == 200
    assert endpoint.status == 400
    assert endpoint.read.stale == 1
    assert endpoint.message.startswith(
        'ValidationException: Could not find endpoint configuration "arn:aws:'
    )
    assert not deployments[0].succeeded


def test_the_careful_client_gets_it_too_from_another_replica(deployments):
    _, describe, endpoint = deployments[1].entries
    assert (describe.status, describe.read.stale) == (200, 0)
    assert (endpoint.status, endpoint.read.stale) == (400, 1)
    assert describe.read.replica != endpoint.read.replica


def test_the_patient_client_succeeds(deployments):
    requests = [entry for entry in deployments[2].entries if entry.status]
    assert [entry.status for entry in requests] == [200, 400, 400, 200, 200]
    assert requests[-1].note == "InService"
    assert deployments[2].succeeded


def test_no_sdk_retries_for_them(deployments):
    assert not any(entry.sdk_retries for deployment in deployments for entry in deployment.entries)


def test_the_configuration_has_everything_that_the_documentation_mentions():
    with Emulator() as emulator:
        aws = Recorder(emulator.client("sagemaker"), emulator.scenario())
        for model in ("champion", "challenger"):
            aws.call("CreateModel", ModelName=model, PrimaryContainer={"Image": "i"})
        configure(aws, "churn")
        config = aws.call("DescribeEndpointConfig", EndpointConfigName="churn")
    assert [variant["InitialVariantWeight"] for variant in config["ProductionVariants"]] == [2.0, 1.0]
    assert config["KmsKeyId"] == "alias/ExampleAlias"
    assert config["AsyncInferenceConfig"] == {"OutputConfig": {"S3OutputPath": "s3://churn/answers"}}


def test_the_replica_that_was_read_is_marked_by_its_state(deployments):
    for deployment in deployments:
        for entry in deployment.entries:
            if entry.read and entry.read.replica is not None:
                assert entry.holders[entry.read.replica] is not bool(entry.read.stale)


def test_the_same_seed_gives_the_same_outcome_and_another_seed_another(deployments):
    assert deploy(30) == deployments
    assert deploy(31) != deployments


def test_it_succeeds_and_says_that_the_outcome_is_the_same(capsys):
    assert run_demo(30) == 0
    assert "all 10 requests read the same replicas and got the same responses" in capsys.readouterr().out


def test_an_outcome_that_differs_is_a_failure(capsys, monkeypatch):
    outcomes = iter([deploy(30), deploy(31)])
    monkeypatch.setattr("sm_emulator.demo.deploy", lambda _seed: next(outcomes))
    assert run_demo(30) == 1
    assert "another outcome" in capsys.readouterr().out
