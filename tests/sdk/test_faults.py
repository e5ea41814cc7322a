"""Faults as boto3 sees them: how often it tries, and what it then reports."""

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError, WaiterError

VARIANT = {
    "VariantName": "a",
    "ModelName": "m",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}


@pytest.fixture
def hasty(served, account, monkeypatch):
    """A client of the default mode, standard, that does not wait between its attempts."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    return served.client("sagemaker", account=account, config=Config(retries={"mode": "standard"}))


def create(client, name: str = "m"):
    return client.create_model(ModelName=name, PrimaryContainer={"Image": "i"})


def test_a_throttled_call_is_tried_three_times_and_then_given_up(hasty, scenario):
    fault = scenario.fault("throttle", operation="CreateModel")
    with pytest.raises(ClientError) as refused:
        create(hasty)
    error = refused.value.response
    assert error["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    assert (fault.acted, error["ResponseMetadata"]["RetryAttempts"]) == (3, 2)


def test_two_throttled_attempts_are_survived(hasty, scenario):
    with scenario.fault("throttle", operation="CreateModel", times=2) as fault:
        assert create(hasty)["ResponseMetadata"]["RetryAttempts"] == 2
    assert fault.acted == 2
    assert fault.reasons[0]["last"] == "it has acted 2 times, the limit"


@pytest.mark.parametrize("kind", ["close", "reset"])
def test_a_create_whose_reply_is_lost_gets_already_existing(hasty, scenario, kind):
    with scenario.fault(kind, operation="CreateModel", times=1), pytest.raises(ClientError) as refused:
        create(hasty)
    assert "Cannot create already existing model" in str(refused.value)


def test_a_create_that_failed_before_it_happened_is_just_tried_again(hasty, scenario):
    with scenario.fault("close", operation="CreateModel", phase="before", times=1):
        assert create(hasty)["ResponseMetadata"]["RetryAttempts"] == 1


def test_the_preset_lost_reply_loses_the_first_answer_to_every_call(hasty, scenario):
    scenario.faults.replace("lost-reply")
    for name in ("a", "b"):
        with pytest.raises(ClientError, match="Cannot create already existing model"):
            create(hasty, name)
        assert hasty.describe_model(ModelName=name)["ModelName"] == name


@pytest.mark.parametrize(
    ("code", "attempts"),
    [
        ("ServiceUnavailable", 3),
        ("InternalFailure", 3),
        ("ResourceLimitExceeded", 1),
        ("AccessDeniedException", 1),
    ],
)
def test_what_is_tried_again_depends_on_the_error(hasty, scenario, code, attempts):
    with scenario.fault("error", code=code) as fault, pytest.raises(ClientError) as refused:
        create(hasty)
    assert refused.value.response["Error"]["Code"] == code
    assert fault.acted == attempts


@pytest.mark.parametrize("kind", ["malformed", "truncate"])
def test_a_damaged_success_passes_for_one_that_says_nothing(hasty, scenario, kind):
    with scenario.fault(kind):
        assert set(create(hasty)) == {"ResponseMetadata"}


def test_an_attempt_can_be_matched_by_its_number(hasty, scenario):
    scenario.fault("error", code="InternalFailure", attempt=1)
    scenario.fault("error", code="AccessDeniedException", attempt=2)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        create(hasty)


def test_a_stall_ends_in_the_client_s_patience(served, account, scenario):
    impatient = Config(read_timeout=0.2, retries={"total_max_attempts": 1})
    client = served.client("sagemaker", account=account, config=impatient)
    with scenario.fault("stall", seconds=20), pytest.raises(ReadTimeoutError):
        create(client)


def endpoint(client, scenario) -> None:
    create(client)
    client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[VARIANT])
    scenario.consistency("waiter-trap")
    client.create_endpoint(EndpointName="e", EndpointConfigName="c")


def test_the_trap_ends_the_waiter_for_a_new_endpoint(sagemaker, scenario):
    endpoint(sagemaker, scenario)
    with pytest.raises(WaiterError, match="ValidationException"):
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e")
    assert sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"


def test_the_trap_lets_a_living_endpoint_pass_for_deleted(sagemaker, scenario):
    endpoint(sagemaker, scenario)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="e")
    assert sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"
