"""InvokeEndpointAsync: accepted immediately; output and notification go to S3 and SNS."""

import pytest

from sm_emulator.errors import ServiceError
from tests.support.fake_backend import Neighbourhood
from tests.support.local_gateway import ACCOUNT, Local

OUTPUT = {"S3OutputPath": "s3://b/out/", "S3FailurePath": "s3://b/failed"}
OK_TOPIC, BAD_TOPIC = (f"arn:aws:sns:eu-west-1:{ACCOUNT}:{name}" for name in ("ok", "bad"))
TOPICS = {"NotificationConfig": {"SuccessTopic": OK_TOPIC, "ErrorTopic": BAD_TOPIC}}
ONE_AT_A_TIME = {"MaxConcurrentInvocationsPerInstance": 1}
HOW = {"how": "InvokeEndpointAsync"}


@pytest.fixture
def near() -> Neighbourhood:
    return Neighbourhood({"b/in 1.csv": b"1,2"})


def deployed(near: Neighbourhood, *models: dict, client: dict | None = None, output=None) -> Local:
    local = Local(models=models, backend=near)
    local.model()
    config: dict = {"OutputConfig": OUTPUT | TOPICS if output is None else output}
    if client:
        config["ClientConfig"] = client
    local.endpoint(AsyncInferenceConfig=config)
    return local


def test_the_output_is_where_the_answer_says(near):
    local = deployed(near, {"python": "tests.support.python_models:body"})
    response = local.invoke(**HOW, inputlocation="s3://b/in 1.csv", content_type="text/csv")
    assert set(response) == {"InferenceId", "OutputLocation", "FailureLocation"}
    bucket_and_key = response["OutputLocation"].removeprefix("s3://")
    assert bucket_and_key == f"b/out/{response['InferenceId']}.out"
    assert near.objects[bucket_and_key] == b"1,2"
    assert near.types[bucket_and_key] == "application/json"
    assert response["FailureLocation"].startswith("s3://b/failed/")
    assert response["FailureLocation"].removeprefix("s3://") not in near.objects


def test_s3_is_called_as_the_client_in_the_clients_region(near):
    local = deployed(near)
    local.invoke(**HOW, inputlocation="s3://b/in 1.csv")
    assert near.scopes == [
        f"{ACCOUNT}/20260101/us-east-1/s3/aws4_request",
        f"{ACCOUNT}/20260101/us-east-1/s3/aws4_request",
        f"{ACCOUNT}/20260101/eu-west-1/sns/aws4_request",
    ]


def test_an_input_may_be_an_https_address_of_s3(near, kept):
    local = deployed(near, {"python": "tests.support.python_models:keep"})
    local.invoke(
        **HOW, inputlocation="https://b.s3.us-east-1.amazonaws.com/in%201.csv".replace("%20", " ")
    )
    assert [each.body for each in kept] == [b"1,2"]


def test_an_input_may_be_in_the_request(near, kept):
    local = deployed(near, {"python": "tests.support.python_models:keep"})
    local.invoke(b"inline", **HOW)
    assert [each.body for each in kept] == [b"inline"]
    assert "inputLocation" not in near.messages[0][1]["requestParameters"]


def test_the_name_of_the_output_can_be_chosen(near):
    local = deployed(near)
    response = local.invoke(
        b"x", **HOW, s3outputpathextension="a/b", filename="mine.json", inference_id="i 1"
    )
    assert response["OutputLocation"] == "s3://b/out/a/b/mine.json"
    assert response["InferenceId"] == "i 1"


def test_a_success_is_published_in_the_form_of_the_developer_guide(near):
    local = deployed(near)
    response = local.invoke(
        **HOW, inputlocation="s3://b/in 1.csv", content_type="text/csv", accept="text/plain"
    )
    ((topic, message),) = near.messages
    assert topic == OK_TOPIC
    assert message == {
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "receivedTime": "2026-01-01T00:00:00.000Z",
        "invocationStatus": "Completed",
        "requestParameters": {
            "contentType": "text/csv",
            "accept": "text/plain",
            "endpointName": "e",
            "inputLocation": "s3://b/in 1.csv",
        },
        "responseParameters": {
            "contentType": "application/json",
            "outputLocation": response["OutputLocation"],
        },
        "inferenceId": response["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def test_a_failure_of_the_model_is_written_and_published(near):
    local = deployed(near, {"body": "no", "status": 500})
    response = local.invoke(b"x", **HOW)
    assert near.objects[response["FailureLocation"].removeprefix("s3://")] == b"no"
    assert response["OutputLocation"].removeprefix("s3://") not in near.objects
    ((topic, message),) = near.messages
    assert (topic, message["invocationStatus"]) == (BAD_TOPIC, "Failed")
    assert message["failureReason"].startswith("ClientError: Received server error (500) from model.")
    assert message["responseParameters"]["failureLocation"] == response["FailureLocation"]


def test_an_input_that_is_not_there_is_a_failure(near):
    local = deployed(near)
    local.invoke(**HOW, inputlocation="s3://b/nope")
    ((topic, message),) = near.messages
    assert topic == BAD_TOPIC
    assert message["failureReason"] == "ClientError: GET of s3://b/nope was answered with 404"
    assert "responseParameters" not in message


def test_a_refusal_by_s3_is_a_failure_and_is_not_published_where_sns_is_down(near, caplog):
    near.down = {"s3", "sns"}
    local = deployed(near)
    assert local.infer(b"x", **HOW).status == 202
    assert near.messages == []
    assert "could not publish the notification" in caplog.text
    assert local.gateway.bugs == []


@pytest.mark.parametrize(
    "failure", [NotImplementedError("no S3"), ServiceError("InternalFailure", "no S3")]
)
def test_where_s3_fails_for_other_reasons_the_job_fails_with_them(near, failure):
    class Failing(Neighbourhood):
        def __call__(self, request):
            if request.method == "GET":
                raise failure
            return super().__call__(request)

    failing = Failing()
    deployed(failing).invoke(**HOW, inputlocation="s3://b/in 1.csv")
    assert "no S3" in failing.messages[0][1]["failureReason"]


@pytest.mark.parametrize("where", ["https://[/a", "s3://[x]y/a"])
def test_an_input_at_an_address_that_is_none_is_a_failure(near, where):
    local = deployed(near)
    local.invoke(**HOW, inputlocation=where)
    ((topic, message),) = near.messages
    assert topic == BAD_TOPIC
    assert message["failureReason"].startswith(f"ClientError: GET of {where}: ")


def test_without_paths_and_topics_nothing_is_written_or_published(near):
    local = deployed(near, output={})
    assert set(local.invoke(b"x", **HOW)) == {"InferenceId"}
    assert (near.scopes, near.messages) == ([], [])


def test_a_model_may_take_as_long_as_the_client_allows(near):
    local = deployed(near, {"echo": True, "delay": "2m"})
    local.invoke(b"x", **HOW)
    local.invoke(b"x", **HOW, invocationtimeoutseconds="60")
    (_, completed), (_, failed) = near.messages
    assert completed["eventTime"] == "2026-01-01T00:02:00.000Z"
    assert "server error (0) from model" in failed["failureReason"]


def test_only_the_configured_number_runs_at_a_time_and_the_others_wait(near, kept):
    rule = {"python": "tests.support.python_models:keep", "delay": 1}
    local = deployed(near, rule, client={"MaxConcurrentInvocationsPerInstance": 2})
    jobs = [_job(local, name) for name in (b"1", b"2", b"3", b"4")]
    waits = [next(job, None) for job in jobs]
    assert [wait and wait.seconds for wait in waits] == [1, 1, None, None]
    _to_its_end(jobs[0])
    assert [each.body for each in kept] == [b"1", b"3", b"4"]
    _to_its_end(jobs[1])
    assert [each.body for each in kept] == [b"1", b"3", b"4", b"2"]


def test_a_job_that_has_ended_frees_its_slot_for_the_next(near, kept):
    rule = {"python": "tests.support.python_models:keep"}
    local = deployed(near, rule, client=ONE_AT_A_TIME)
    for body in (b"1", b"2", b"3"):
        local.invoke(body, **HOW)
    assert [each.body for each in kept] == [b"1", b"2", b"3"]


def test_a_job_that_is_given_up_frees_its_slot_for_the_next(near, kept):
    rule = {"python": "tests.support.python_models:keep", "delay": 1}
    local = deployed(near, rule, client=ONE_AT_A_TIME)
    job = _job(local, b"1")
    next(job)
    job.close()
    local.invoke(b"2", **HOW)
    assert [each.body for each in kept] == [b"2"]


def test_jobs_that_hold_too_much_memory_are_throttled(near, kept):
    rule = {"python": "tests.support.python_models:keep", "delay": 1}
    local = deployed(near, rule, client=ONE_AT_A_TIME)
    local.scenario.bounds.background_bytes = 25_000
    first, second = _job(local, b"1" * 2000), _job(local, b"2" * 2000)
    next(first)
    assert next(second, None) is None, "it waits for its turn"
    answer = local.infer(b"3" * 2000, **HOW)
    assert (answer.status, answer.code) == (400, "ThrottlingException")
    _to_its_end(first)
    local.invoke(b"4", **HOW)
    assert [each.body[:1] for each in kept] == [b"1", b"2", b"4"]


def test_a_job_that_fails_unexpectedly_does_not_hold_up_those_behind_it(near, kept, caplog):
    rule = {"python": "tests.support.python_models:keep", "delay": 1}
    local = deployed(near, rule, client=ONE_AT_A_TIME)
    first, second = _job(local, b"1"), _job(local, b"2")
    next(first)
    assert next(second, None) is None, "it waits for its turn"
    assert first.throw(RuntimeError("a bug")).seconds == 1, "the second job runs"
    assert "a bug" in caplog.text
    _to_its_end(first)
    assert [each.body for each in kept] == [b"2"]


def test_times_have_milliseconds(near):
    local = deployed(near)
    local.scenario.clock.advance(0.25)
    local.invoke(b"1", **HOW)
    ((_, message),) = near.messages
    assert message["receivedTime"] == "2026-01-01T00:00:00.250Z"


@pytest.mark.parametrize(
    ("ttl", "waited", "expired"),
    [("60", 90, True), ("90", 90, False), (None, 6 * 3600, False), (None, 6 * 3600 + 1, True)],
)
def test_what_has_waited_for_too_long_is_published_as_a_failure(near, kept, ttl, waited, expired):
    local = deployed(
        near, {"python": "tests.support.python_models:keep", "delay": 1}, client=ONE_AT_A_TIME
    )
    headers = {} if ttl is None else {"requestttlseconds": ttl}
    first, waiting = _job(local, b"1"), _job(local, b"2", **headers)
    next(first)
    assert next(waiting, None) is None, "it waits for its turn"
    local.scenario.clock.advance(waited)
    _to_its_end(first)
    assert [each.body for each in kept] == [b"1"] + [b"2"] * (not expired)
    (_, _), (topic, message) = near.messages
    assert topic == (BAD_TOPIC if expired else OK_TOPIC)
    reason = f"The request has waited for {waited} s, and its RequestTTLSeconds is {ttl or 21600}."
    assert message.get("failureReason", "").endswith(reason) is expired


def _job(local: Local, body: bytes, **headers: str):
    """Accept an invocation; return its background steps, not yet begun."""
    way = local.way(how="InvokeEndpointAsync", body=body, **headers)
    background = next(way).steps
    with pytest.raises(StopIteration) as accepted:
        next(way)
    assert accepted.value.value.status == 202
    return background


def _to_its_end(steps) -> None:
    response = None
    while True:
        try:
            step = steps.send(response)
        except StopIteration:
            return
        response = step.run() if hasattr(step, "run") else None


def test_without_a_configuration_for_it_an_endpoint_cannot_be_invoked_asynchronously():
    local = Local()
    local.model()
    local.endpoint()
    answer = local.infer(b"x", **HOW)
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert "has no AsyncInferenceConfig" in answer.body["Message"]


@pytest.mark.parametrize("how", ["InvokeEndpoint", "InvokeEndpointWithResponseStream"])
def test_an_asynchronous_endpoint_cannot_be_invoked_otherwise(near, how):
    answer = deployed(near).infer(b"x", how=how)
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert "InvokeEndpointAsync" in answer.body["Message"]


@pytest.mark.parametrize(("body", "headers"), [(b"", {}), (b"x", {"inputlocation": "s3://b/in 1.csv"})])
def test_an_input_is_in_one_place(near, body, headers):
    answer = deployed(near).infer(body, **HOW, **headers)
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert "Exactly one of Body and InputLocation" in answer.body["Message"]


def test_a_number_in_a_header_must_be_one(near):
    local = deployed(near)
    answer = local.infer(b"x", **HOW, requestttlseconds="soon")
    assert (answer.status, answer.code) == (400, "SerializationException")
    answer = local.infer(b"x", **HOW, requestttlseconds="5")
    assert "'requestTTLSeconds' failed to satisfy constraint" in answer.body["Message"]


def test_without_a_backend_for_s3_the_job_fails(caplog):
    local = Local()
    local.model()
    local.endpoint(AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://b/o"}})
    assert local.infer(b"x", **HOW).status == 202
    assert local.gateway.bugs == []
