"""What is not ours, answered by moto behind the same URL."""

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError, Event, Thread

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationNotFoundError
from moto.s3.models import FakeKey
from werkzeug.wrappers import Response

from sm_emulator import Emulator
from sm_emulator.passthrough import backends, egress, moto
from sm_emulator.wire.message import Outcome, Request
from tests.support.raw_http import request, wire


@pytest.fixture
def client(served, account):
    return lambda service, **options: served.client(service, account=account, **options)


def exchanges(served, account):
    return served.scenario(account).journal().exchanges


def test_other_services_answer_in_the_account_of_the_access_key(client, account):
    identity = client("sts").get_caller_identity()
    assert identity["Account"] == account
    role = client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument="{}")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/deploy"


def test_a_key_that_is_not_an_account_is_the_same_default_account_on_both_sides(served):
    client = served.client("sts", aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    assert client.get_caller_identity()["Account"] == served.scenario().account


def test_an_assumed_role_is_known_by_its_credentials(served):
    role = "arn:aws:iam::123456789012:role/deploy"
    given = served.client("sts").assume_role(RoleArn=role, RoleSessionName="it")["Credentials"]
    identity = served.client("sts", aws_access_key_id=given["AccessKeyId"]).get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/deploy/it"


def test_the_region_is_that_of_the_signature(client, account):
    queue = client("sqs", region_name="eu-west-1").create_queue(QueueName="q")["QueueUrl"]
    arn = client("sqs", region_name="eu-west-1").get_queue_attributes(
        QueueUrl=queue, AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    assert arn == f"arn:aws:sqs:eu-west-1:{account}:q"


def test_other_operations_of_sagemaker_answer(client):
    sagemaker = client("sagemaker")
    sagemaker.create_experiment(ExperimentName="try")
    assert [e["ExperimentName"] for e in sagemaker.list_experiments()["ExperimentSummaries"]] == ["try"]


def test_our_own_operations_never_reach_moto(client, served, account):
    sagemaker = client("sagemaker")
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    sagemaker.describe_model(ModelName="m")
    assert {e.origin for e in exchanges(served, account)} == {"sm-emulator"}


def test_the_journal_shows_which_service_got_which_operation(client, served, account):
    client("sts").get_caller_identity()
    client("s3").create_bucket(Bucket=f"journal-{account}")
    client("sagemaker").list_training_jobs()
    with pytest.raises(ClientError):
        client("iam").get_role(RoleName="nope")
    recorded = [(e.origin, e.operation, e.status, e.code) for e in exchanges(served, account)]
    assert recorded == [
        ("moto", "sts:GetCallerIdentity", 200, ""),
        ("moto", "s3:PUT", 200, ""),
        ("moto", "sagemaker:ListTrainingJobs", 200, ""),
        ("moto", "iam:GetRole", 404, "NoSuchEntity"),
    ]


@pytest.mark.slow
def test_moto_is_loaded_at_the_first_such_request_and_not_before():
    program = """
import sys
from sm_emulator import Emulator
with Emulator() as emulator:
    sagemaker = emulator.client("sagemaker")
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    emulator.scenario().reset()
    print("moto" in sys.modules)
    emulator.client("sts").get_caller_identity()
    print("moto" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (run.stdout.split(), run.stderr) == (["False", "True"], "")


def test_a_slow_answer_of_moto_delays_no_other_client(served, monkeypatch):
    started, let = Event(), Event()

    def slow(*_):
        started.set()
        assert let.wait(20)
        return Outcome(200, (), b"slow")

    monkeypatch.setattr(moto, "answer", slow)
    with wire(served.url) as one, wire(served.url) as other:
        one.send(b"GET /bucket HTTP/1.1\r\nHost: h\r\n\r\n")
        assert started.wait(20)
        assert other.exchange(request(b'{"ModelName":"nope"}')).status == 400
        let.set()
        assert one.receive().body == b"slow"


@pytest.mark.parametrize(("seconds", "met"), [(20, False), (0, True)])
def test_requests_to_moto_begin_in_turn_unless_the_one_before_takes_long(monkeypatch, seconds, met):
    """Two hundred that begin at once would hold up every other client, by the interpreter's lock."""
    both = Barrier(2)

    def answer(*_):
        try:
            both.wait(20 if met else 0.2)
        except BrokenBarrierError:
            return False
        return True

    monkeypatch.setattr(moto, "answer", answer)
    monkeypatch.setattr(backends, "_TURN_SECONDS", seconds)
    backend = backends.MotoBackend([])
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(backend, [Request("GET", {}, b"")] * 2)) == [met] * 2


def test_the_tags_of_what_moto_holds_are_moto_s(client, account):
    sagemaker = client("sagemaker")
    sagemaker.create_experiment(ExperimentName="tagged")
    arn = sagemaker.describe_experiment(ExperimentName="tagged")["ExperimentArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == []


@pytest.mark.parametrize("kind", ["training-job", "hub"])
def test_what_neither_holds_has_no_tags(client, account, kind):
    arn = f"arn:aws:sagemaker:us-east-1:{account}:{kind}/nope"
    with pytest.raises(ClientError, match="Resource does not exist") as refused:
        client("sagemaker").list_tags(ResourceArn=arn)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_reset_empties_moto_for_this_account_and_no_other(client, served, account):
    for_other = served.client("s3", account="999999999999")
    for s3, bucket in ((client("s3"), f"mine-{account}"), (for_other, f"other-{account}")):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=b"kept")
    client("iam").create_role(RoleName="gone", AssumeRolePolicyDocument="{}")
    held = {key.account_id: key for key in FakeKey.instances_tracked}
    served.scenario(account).reset()
    assert held[account].disposed
    assert not held["999999999999"].disposed
    assert client("iam").list_roles()["Roles"] == []
    assert client("s3").list_buckets()["Buckets"] == []
    client("s3").create_bucket(Bucket=f"mine-{account}")
    assert for_other.get_object(Bucket=f"other-{account}", Key="k")["Body"].read() == b"kept"


def test_an_emulator_that_stops_leaves_nothing_in_moto():
    with Emulator() as emulator:
        emulator.client("iam", account="888888888888").create_role(
            RoleName="left", AssumeRolePolicyDocument="{}"
        )
    with Emulator() as emulator:
        assert emulator.client("iam", account="888888888888").list_roles()["Roles"] == []


def test_faults_touch_other_services_only_where_a_rule_names_them(client, scenario):
    once = Config(retries={"total_max_attempts": 1})
    s3, sagemaker = client("s3", config=once), client("sagemaker", config=once)
    with scenario.fault("throttle") as fault:
        assert s3.list_buckets()["Buckets"] == []
        assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
        assert fault.acted == 0
    with scenario.fault("throttle", operation="sagemaker:List*"):
        assert refusal(sagemaker.list_training_jobs)[1] == "ThrottlingException"
        assert refusal(sagemaker.list_models)[1] == "ThrottlingException"
    with scenario.fault("throttle", operation="s3:*") as fault:
        status, code, message = refusal(s3.list_buckets)
        assert sagemaker.list_models()["Models"] == []
    assert (status, code, message) == (400, "ThrottlingException", "Rate exceeded")
    assert fault.acted == 1


# -- what moto has not, and where it fails --------------------------------------------------------


def refusal(call, **members):
    with pytest.raises(ClientError) as refused:
        call(**members)
    answer = refused.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"]


def test_what_neither_implements_is_501_and_names_the_implemented_operations(client, served, account):
    status, code, message = refusal(client("sagemaker").create_hub, HubName="h", HubDescription="d")
    assert (status, code) == (501, "NotImplemented")
    assert message.startswith("sagemaker:CreateHub is not implemented by sm-emulator, which has AddTags")
    assert [e.attempt for e in exchanges(served, account)] == [1], "no SDK retries it"


@pytest.mark.parametrize(
    ("service", "call", "members", "what"),
    [
        ("sts", "get_web_identity_token", {"Audience": ["x"], "SigningAlgorithm": "RS256"}, "sts:"),
        ("lambda", "list_capacity_providers", {}, "lambda:GET"),
        ("gamelift", "list_fleets", {}, "gamelift:ListFleets"),
        ("route53", "get_geo_location", {}, "route53:GET"),
    ],
)
def test_it_is_so_in_every_protocol(client, service, call, members, what):
    status, code, message = refusal(getattr(client(service), call), **members)
    assert (status, code) == (501, "NotImplemented")
    assert message.startswith(what)


def test_a_part_that_is_not_installed_is_named_with_what_installs_it(client):
    status, code, message = refusal(client("cognito-idp").list_user_pools, MaxResults=1)
    assert (status, code) == (501, "NotImplemented")
    assert message == "moto needs the module joserfc for this: pip install 'moto[cognitoidp]'"


def test_a_crash_of_moto_is_quoted_and_not_retried(client, served, account, monkeypatch):
    def crash(*_):
        raise KeyError("Roles")

    monkeypatch.setattr("moto.iam.responses.IamResponse.list_roles", crash)
    status, code, message = refusal(client("iam").list_roles)
    assert (status, code) == (501, "MotoFailure")
    assert message == "moto failed at iam:ListRoles: KeyError: 'Roles'"
    (exchange,) = exchanges(served, account)
    assert (exchange.origin, exchange.status, exchange.code) == ("moto", 501, "MotoFailure")


def test_an_error_page_of_moto_becomes_an_error_for_programs(client, monkeypatch):
    page = b"<!doctype html>\n<html lang=en>\n<title>413 Too Large</title>"
    monkeypatch.setattr(moto, "_application", Response(page, 413))
    status, code, message = refusal(client("iam").list_roles)
    assert (status, code) == (501, "MotoFailure")
    assert message == "moto failed at iam:ListRoles: 413 REQUEST ENTITY TOO LARGE"


def test_moto_s_own_refusals_are_passed_on(client):
    assert refusal(client("iam").get_role, RoleName="nope")[:2] == (404, "NoSuchEntity")


def test_moto_s_own_api_is_not_served(served, account):
    with wire(served.url) as w:
        reply = w.exchange(b"POST /moto-api/reset HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
    assert reply.status == 501
    assert b"moto's own API is disabled" in reply.body


def test_with_the_fall_through_off_everything_else_is_refused():
    with Emulator(settings={"fallthrough": "off"}) as emulator:
        status, code, message = refusal(emulator.client("s3").list_buckets)
        assert (status, code) == (501, "NotImplemented")
        assert message.startswith("s3:GET is not implemented by sm-emulator, which has ")
        assert refusal(emulator.client("sts").get_caller_identity)[0] == 501


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OperationNotFoundError("ListRoles"), "moto does not implement it either."),
        (ModuleNotFoundError("No module named 'x'", name="x"), "pip install 'moto[all]'"),
    ],
)
def test_what_moto_finds_missing_while_it_answers_is_not_implemented(
    client, monkeypatch, error, message
):
    def fail(*_):
        raise error

    monkeypatch.setattr("moto.iam.responses.IamResponse.list_roles", fail)
    status, code, text = refusal(client("iam").list_roles)
    assert (status, code) == (501, "NotImplemented")
    assert text.endswith(message)


# -- what moto sends itself -----------------------------------------------------------------------


class Receiver(Thread):
    """A server on loopback that keeps the first request it gets."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(20)
        self.port = self.server.getsockname()[1]
        self.received = b""

    def run(self) -> None:
        with self.server, self.server.accept()[0] as connection:
            self.received = connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def publish(sns, endpoint: str) -> None:
    topic = sns.create_topic(Name="topic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol=endpoint.partition(":")[0], Endpoint=endpoint)
    sns.publish(TopicArn=topic, Message="hello")


@pytest.mark.parametrize(
    "endpoint",
    [
        *("http://192.0.2.1/hook", "https://example.invalid/hook", "http://169.254.169.254/latest"),
        *("http://localhost.example.invalid/", "http://[fd00::1]:80/"),
    ],
)
def test_moto_sends_nothing_beyond_loopback(client, endpoint):
    status, code, message = refusal(lambda: publish(client("sns"), endpoint))
    assert (status, code) == (501, "MotoFailure")
    assert "not loopback, and not in backend.allowed_hosts" in message


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_moto_sends_nothing_through_a_proxy_beyond_loopback(client, monkeypatch, scheme):
    monkeypatch.setenv(f"{scheme}_proxy", "http://192.0.2.1:3128")
    _, code, message = refusal(lambda: publish(client("sns"), f"{scheme}://127.0.0.1:9/hook"))
    assert (code, "request to 192.0.2.1: not loopback" in message) == ("MotoFailure", True)


def test_a_receiver_that_is_silent_does_not_hold_moto_for_ever(client, monkeypatch):
    monkeypatch.setattr(egress, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        _, code, message = refusal(lambda: publish(client("sns"), f"http://127.0.0.1:{port}/hook"))
    assert (code, "timed out" in message.lower()) == ("MotoFailure", True)


def test_moto_sends_to_loopback(client):
    receiver = Receiver()
    receiver.start()
    publish(client("sns"), f"http://127.0.0.1:{receiver.port}/hook")
    receiver.join()
    assert receiver.received.startswith(b"POST /hook ")


def test_moto_sends_to_hosts_that_a_setting_allows(monkeypatch):
    """The name leads to loopback here, so that nothing leaves the machine."""
    receiver = Receiver()
    receiver.start()
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **more: resolve("127.0.0.1", *rest, **more)
    )
    with Emulator(settings={"backend.allowed_hosts": ["hooks.example.invalid"]}) as emulator:
        publish(emulator.client("sns"), f"http://hooks.example.invalid:{receiver.port}/hook")
    receiver.join()
    assert receiver.received.startswith(b"POST /hook ")
    moto.ALLOWED_HOSTS.clear()


@pytest.fixture
def docker_socket(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "d"))
        listening.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/d")
        yield listening


def test_moto_uses_no_docker(docker_socket):
    """Its Lambda and Batch inherit from this class."""
    with pytest.raises(PermissionError, match='"docker" is not in backend.allowed_hosts'):
        _ = moto.DockerModel().docker_client
    docker_socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        docker_socket.accept()


def test_a_setting_lets_moto_use_docker(monkeypatch):
    monkeypatch.setattr("docker.from_env", lambda: "the daemon")
    moto.ALLOWED_HOSTS.add("docker")
    assert moto.DockerModel().docker_client == "the daemon"
    moto.ALLOWED_HOSTS.clear()


def test_requests_of_the_program_itself_are_not_guarded(served, monkeypatch):
    import requests

    reached = []

    def connect(self):
        reached.append(self.host)
        raise OSError("unreachable")

    monkeypatch.setattr("urllib3.connection.HTTPConnection._new_conn", connect)
    with pytest.raises(requests.exceptions.ConnectionError, match="unreachable"):
        requests.get("http://192.0.2.1/", timeout=1)
    assert reached == ["192.0.2.1"]


@pytest.mark.slow
def test_moto_spoils_neither_stdout_nor_stderr(tmp_path):
    program = """
from botocore.exceptions import ClientError
from botocore.model import OperationNotFoundError
from moto.s3.models import FakeKey
from sm_emulator import Emulator
with Emulator() as emulator:
    for service, call in (("gamelift", "list_fleets"), ("cloudformation", "list_stacks"),
                          ("sagemaker", "list_hubs"), ("s3", "list_buckets")):
        try:
            getattr(emulator.client(service), call)()
        except ClientError:
            pass
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"left open")
"""
    run = subprocess.run(
        [sys.executable, "-W", "default::ResourceWarning", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (run.stdout, run.stderr) == ("", "")


def test_a_simulated_policy_allows_everything_since_no_policy_is_checked(client):
    iam = client("iam")
    answer = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::123456789012:role/r",
        ActionNames=["sagemaker:CreateModel", "s3:<&>"],
    )
    results = [
        (each["EvalActionName"], each["EvalResourceName"], each["EvalDecision"])
        for each in answer["EvaluationResults"]
    ]
    assert results == [("sagemaker:CreateModel", "*", "allowed"), ("s3:<&>", "*", "allowed")]
    assert answer["IsTruncated"] is False
    on = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::123456789012:role/r",
        ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"],
    )["EvaluationResults"]
    assert [each["EvalResourceName"] for each in on] == ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]
