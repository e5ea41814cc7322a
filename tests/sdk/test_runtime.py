"""The runtime over a socket, as boto3, the AWS CLI and plain HTTP use it."""

import http.client
import json
import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sm_emulator import Emulator
from tests.support.fake_backend import Neighbourhood

VARIANTS = [
    {
        "VariantName": name,
        "ModelName": "m",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": weight,
    }
    for name, weight in (("a", 1.0), ("b", 0.0))
]


@pytest.fixture
def runtime(served: Emulator, account: str):
    with closing(served.client("sagemaker-runtime", account=account)) as client:
        yield client


@pytest.fixture
def deployed(sagemaker, runtime):
    deploy(sagemaker)
    return runtime


def deploy(sagemaker, **members) -> None:
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=VARIANTS, **members)
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")


def test_an_endpoint_answers(deployed):
    answer = deployed.invoke_endpoint(
        EndpointName="e", Body=b"\x00\xff", ContentType="application/x-image"
    )
    assert json.loads(answer["Body"].read()) == {"variant": "a", "model": "m", "payload_bytes": 2}
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("application/json", "a")


def test_a_variant_can_be_targeted(deployed):
    answer = deployed.invoke_endpoint(EndpointName="e", Body=b"", TargetVariant="b")
    assert json.loads(answer["Body"].read())["variant"] == "b"
    assert answer["InvokedProductionVariant"] == "b"


def test_a_stream_is_read_event_by_event(deployed):
    answer = deployed.invoke_endpoint_with_response_stream(EndpointName="e", Body=b"x")
    events = list(answer["Body"])
    assert [json.loads(event["PayloadPart"]["Bytes"])["payload_bytes"] for event in events] == [1]
    assert answer["InvokedProductionVariant"] == "a"


def test_a_session_goes_through(deployed):
    begun = deployed.invoke_endpoint(EndpointName="e", Body=b"", SessionId="NEW_SESSION")
    begun["Body"].close()
    name = begun["NewSessionId"].partition(";")[0]
    went_on = deployed.invoke_endpoint(EndpointName="e", Body=b"", SessionId=name)
    assert json.loads(went_on["Body"].read())["variant"] == "a"
    assert "NewSessionId" not in went_on


def test_errors_are_of_the_clients_classes(deployed):
    with pytest.raises(
        deployed.exceptions.ValidationError, match=r"Endpoint nope of account \d+ not found."
    ):
        deployed.invoke_endpoint(EndpointName="nope", Body=b"")
    with pytest.raises(deployed.exceptions.ValidationError, match="is not a multi-model endpoint"):
        deployed.invoke_endpoint(EndpointName="e", Body=b"", TargetModel="x")


def test_a_models_error_has_the_original_message():
    settings = {"models.responses": [{"body": "no", "status": 400}]}
    with Emulator(clock="virtual", settings=settings) as emulator:
        deploy(emulator.client("sagemaker"))
        with (
            closing(emulator.client("sagemaker-runtime")) as runtime,
            pytest.raises(runtime.exceptions.ModelError) as failure,
        ):
            runtime.invoke_endpoint(EndpointName="e", Body=b"")
    assert failure.value.response["OriginalStatusCode"] == 400
    assert failure.value.response["OriginalMessage"] == "no"


def test_a_function_runs_outside_the_loop_and_a_stream_has_its_parts():
    with Emulator(
        clock="virtual", settings={"models.responses": [{"python": "tests.support.python_models:parts"}]}
    ) as emulator:
        deploy(emulator.client("sagemaker"))
        runtime = emulator.client("sagemaker-runtime")
        answer = runtime.invoke_endpoint_with_response_stream(EndpointName="e", Body=b"")
        parts = [event["PayloadPart"]["Bytes"] for event in answer["Body"]]
    assert parts == [b"one ", b"two"]


def test_a_chunked_body_arrives_whole(served, deployed, account):
    where = urlsplit(served.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
    key = f"AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/sagemaker/aws4_request"
    headers = {"Authorization": key, "Content-Type": "text/csv"}
    connection.request(
        "POST", "/endpoints/e/invocations", iter([b"1,", b"2,3"]), headers, encode_chunked=True
    )
    answer = connection.getresponse()
    assert json.loads(answer.read())["payload_bytes"] == 5
    connection.close()


class Waking(Neighbourhood):
    """Services that signal when a message has arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = threading.Event()

    def __call__(self, request):
        outcome = super().__call__(request)
        if self.messages:
            self.arrived.set()
        return outcome


def test_an_asynchronous_invocation_is_answered_in_the_background():
    near = Waking()
    near.objects["b/in"] = b"four"
    output = {
        "S3OutputPath": "s3://b/out",
        "NotificationConfig": {"SuccessTopic": "arn:aws:sns:us-east-1:123456789012:ok"},
    }
    with Emulator(clock="virtual") as emulator:
        emulator.gateway._backend = near
        deploy(emulator.client("sagemaker"), AsyncInferenceConfig={"OutputConfig": output})
        runtime = emulator.client("sagemaker-runtime")
        answer = runtime.invoke_endpoint_async(EndpointName="e", InputLocation="s3://b/in")
        assert near.arrived.wait(20)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert json.loads(near.objects[answer["OutputLocation"].removeprefix("s3://")])["payload_bytes"] == 4
    assert near.messages[0][1]["inferenceId"] == answer["InferenceId"]


def test_the_aws_cli_invokes(served, deployed, account, tmp_path: Path):
    body, out = tmp_path / "in", tmp_path / "out"
    body.write_bytes(b"1,2")
    cli = [str(Path(sys.executable).parent / "aws"), "sagemaker-runtime", "invoke-endpoint"]
    response = subprocess.run(
        [
            *cli,
            "--endpoint-name",
            "e",
            "--body",
            f"fileb://{body}",
            "--content-type",
            "text/csv",
            str(out),
        ],
        capture_output=True,
        text=True,
        check=True,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": served.url,
        },
        timeout=60,
    )
    assert json.loads(response.stdout)["InvokedProductionVariant"] == "a"
    assert json.loads(out.read_bytes())["payload_bytes"] == 3


def test_s3_and_sns_of_the_same_url_hold_what_an_asynchronous_endpoint_writes(account: str):
    """moto's, in this process: the queue that is subscribed is what the test waits for."""
    with Emulator(clock="virtual") as emulator:
        s3, sns, sqs, sagemaker, runtime = (
            emulator.client(name, account=account)
            for name in ("s3", "sns", "sqs", "sagemaker", "sagemaker-runtime")
        )
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="in put", Body=b"four")
        topic = sns.create_topic(Name="ok")["TopicArn"]
        queue = sqs.create_queue(QueueName="q")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        output = {"S3OutputPath": "s3://bucket/out", "NotificationConfig": {"SuccessTopic": topic}}
        deploy(sagemaker, AsyncInferenceConfig={"OutputConfig": output})
        response = runtime.invoke_endpoint_async(EndpointName="e", InputLocation="s3://bucket/in put")
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        notification = json.loads(json.loads(message["Body"])["Message"])
        bucket, _, key = response["OutputLocation"].removeprefix("s3://").partition("/")
        written = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert notification["responseParameters"]["outputLocation"] == response["OutputLocation"]
    assert written == {"variant": "a", "model": "m", "payload_bytes": 4}
