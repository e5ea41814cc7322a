"""The story that the demo tells, and that it tells the same twice."""

import pytest

from sm_emulator import Emulator
from sm_emulator.demo.deployers import configure
from sm_emulator.demo.recorder import Recorder
from sm_emulator.demo.story import play, tell


@pytest.fixture(scope="module")
def acts():
    return play(30)


def test_the_naive_client_meets_the_miss_at_once(acts):
    create, endpoint = acts[0].steps
    assert create.status == 200
    assert endpoint.status == 400
    assert endpoint.stale == 1
    assert endpoint.message.startswith(
        'ValidationException: Could not find endpoint configuration "arn:aws:'
    )
    assert not acts[0].deployed


def test_the_careful_client_meets_it_too_on_another_replica(acts):
    _, describe, endpoint = acts[1].steps
    assert (describe.status, describe.stale) == (200, 0)
    assert (endpoint.status, endpoint.stale) == (400, 1)
    assert describe.replica != endpoint.replica


def test_the_patient_client_comes_through(acts):
    requests = [step for step in acts[2].steps if step.status]
    assert [step.status for step in requests] == [200, 400, 400, 200, 200]
    assert requests[-1].note == "InService"
    assert acts[2].deployed


def test_no_sdk_retries_for_them(acts):
    assert not any(step.sdk_retries for act in acts for step in act.steps)


def test_the_configuration_of_the_story_has_all_that_the_documentation_speaks_of():
    with Emulator() as emulator:
        aws = Recorder(emulator.client("sagemaker"), emulator.scenario())
        for model in ("champion", "challenger"):
            aws.call("CreateModel", ModelName=model, PrimaryContainer={"Image": "i"})
        configure(aws, "churn")
        config = aws.call("DescribeEndpointConfig", EndpointConfigName="churn")
    assert [variant["InitialVariantWeight"] for variant in config["ProductionVariants"]] == [2.0, 1.0]
    assert config["KmsKeyId"] == "alias/ExampleAlias"
    assert config["AsyncInferenceConfig"] == {"OutputConfig": {"S3OutputPath": "s3://churn/answers"}}


def test_the_asked_replica_is_marked_by_what_it_held(acts):
    for act in acts:
        for step in act.steps:
            if step.replica is not None:
                assert step.holders[step.replica] is not bool(step.stale)


def test_the_same_seed_gives_the_same_story_and_another_seed_another(acts):
    assert play(30) == acts
    assert play(31) != acts


def test_telling_it_ends_well_and_says_that_it_is_the_same(capsys):
    assert tell(30) == 0
    assert "all 10 requests met the same replicas and got the same answers" in capsys.readouterr().out


def test_a_story_that_differs_is_a_failure(capsys, monkeypatch):
    stories = iter([play(30), play(31)])
    monkeypatch.setattr("sm_emulator.demo.story.play", lambda _seed: next(stories))
    assert tell(30) == 1
    assert "another outcome" in capsys.readouterr().out
