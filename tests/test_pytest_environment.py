"""`sm_emulator_environment`: clients of a program's own reach the scenario, and nothing else is reached."""

import sysconfig

import pytest

from sm_emulator.pytest_plugin import isolation
from tests.support.asyncio_environment import NEEDS_ASYNCIO, PYTHON

PROGRAM = """
import os, socket, subprocess, sys, threading, time
import boto3, pytest
"""


def test_a_program_with_clients_of_its_own_reaches_the_scenario_of_its_test(suite, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    result = suite(f"""{PROGRAM}
from concurrent.futures import ThreadPoolExecutor
from freezegun import freeze_time
from moto import mock_aws

CREATE = dict(ModelName="m", PrimaryContainer={{"Image": "i"}})

def deploy():
    boto3.client("sagemaker").create_model(**CREATE)

def test_the_default_session(sm_emulator_environment, sm_emulator):
    boto3.DEFAULT_SESSION = before = None
    deploy()
    assert boto3.DEFAULT_SESSION is not before
    assert sm_emulator.calls().last.label == "CreateModel m"
    assert "HTTPS_PROXY" not in os.environ

def test_everything_is_put_back():
    assert boto3.DEFAULT_SESSION is None
    assert os.environ["AWS_PROFILE"] == "production"
    assert "AWS_ENDPOINT_URL" not in os.environ

@mock_aws
def test_of_moto(monkeypatch):
    monkeypatch.delenv("AWS_PROFILE")
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="bucket")

def test_threads(sm_emulator_environment, sm_emulator):
    def one(i):
        boto3.session.Session().client("sagemaker").create_model(**{{**CREATE, "ModelName": f"m{{i}}"}})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    assert len(sm_emulator.truth.list_models()["Models"]) == 4

@freeze_time("2020-01-01")
def test_frozen(sm_emulator_environment, sm_emulator):
    deploy()
    assert sm_emulator.calls().last.succeeded

def test_another_process(sm_emulator_environment, sm_emulator):
    program = "import boto3; print(boto3.client('sagemaker').list_models()['Models'])"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert sm_emulator.calls().last.operation == "ListModels"
""", "-n2")  # fmt: skip
    result.assert_outcomes(passed=6)


# The older botocore that aiobotocore wants, then pytest and the plugin from the environment of the tests
WITH_AIOBOTOCORE = f"""
import site
site.addsitedir({sysconfig.get_path("purelib")!r})
import pytest
raise SystemExit(pytest.main())
"""


@NEEDS_ASYNCIO
def test_clients_of_aiobotocore_reach_the_scenario_and_nothing_beyond_loopback(pytester):
    pytester.makepyfile("""
import asyncio
from aiobotocore.session import get_session
from botocore.exceptions import ClientError
import pytest

KEYS = dict(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")

async def create(names, **options):
    async with get_session().create_client("sagemaker", **options) as sagemaker:
        await asyncio.gather(
            *(sagemaker.create_model(ModelName=n, PrimaryContainer={"Image": "i"}) for n in names)
        )

@pytest.mark.sm_emulator(preset="read-after-create-miss-1")
def test_it_reaches_the_scenario(sm_emulator_environment, sm_emulator):
    async def miss_and_see():
        await create("abc")
        async with get_session().create_client("sagemaker") as sagemaker:
            with pytest.raises(ClientError, match="Could not find model"):
                await sagemaker.describe_model(ModelName="a")
            return await sagemaker.describe_model(ModelName="a")
    assert sm_emulator.account in asyncio.run(miss_and_see())["ModelArn"]
    assert {m["ModelName"] for m in sm_emulator.truth.list_models()["Models"]} == {*"abc"}

@pytest.mark.sm_emulator(reproducible=True)
def test_its_sleeps_and_retries_are_virtual(sm_emulator_environment, sm_emulator):
    began = sm_emulator.clock.now
    with sm_emulator.fault("throttle", operation="CreateModel", first=3):
        asyncio.run(create("a"))
    asyncio.run(asyncio.sleep(1000))
    assert 1000 < sm_emulator.clock.now - began < 1100

def test_another_host_is_refused(sm_emulator_environment):
    asyncio.run(create("a", endpoint_url="https://sagemaker.us-east-1.amazonaws.com", **KEYS))
""")
    options = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-W", "ignore")
    result = pytester.run(PYTHON, "-c", WITH_AIOBOTOCORE, *options)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*stopped a request of this test to *sagemaker.us-east-1.amazonaws.com*"]
    )


def test_a_request_that_would_leave_the_machine_fails_its_test(suite, pytester):
    pytester.makeini("[pytest]\nsm_emulator_autouse = true\n")
    result = suite(f"""{PROGRAM}
KEYS = dict(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
EARLY = boto3.client("sagemaker", **KEYS)

def test_a_client_of_import():
    EARLY.list_models()

def test_one_that_catches_everything():
    try:
        EARLY.list_models()
    except BaseException:
        pass

def test_an_address():
    socket.create_connection(("192.0.2.1", 443))

def test_in_a_thread():
    thread = threading.Thread(target=socket.gethostbyname, args=("example.com",))
    thread.start()
    thread.join()

@pytest.fixture
def early():
    EARLY.list_models()

def test_in_a_fixture(early): pass

def test_this_machine(sm_emulator):
    socket.getaddrinfo("localhost", 80)
    socket.getaddrinfo(None, 80)
    left, right = socket.socketpair()
    left.close()
    right.close()
    boto3.client("sagemaker").list_models()
    assert len(sm_emulator.calls()) == 1
""", "-W", "ignore")  # fmt: skip
    result.assert_outcomes(passed=1, failed=4, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "*stopped a request of this test to *sagemaker.us-east-1.amazonaws.com:443, which would have left*",
            "*stopped a request of this test to 192.0.2.1:443,*",
            "*stopped a request of this test to example.com,*",
            "sm-emulator: 6 scenarios, *",
        ]
    )


@pytest.mark.parametrize(
    ("address", "port"),
    [
        (("127.0.0.1", 1), None),
        (("::1", 1, 0, 0), None),
        ("/run/docker.sock", None),
        (None, 80),
        (b"", 80),
    ],
)
def test_addresses_of_this_machine_are_allowed(address, port):
    isolation.check(address, port)


def test_a_name_of_another_machine_is_refused():
    with isolation.isolated({}) as refused:
        with pytest.raises(pytest.fail.Exception, match=r"to example\.com:443, which"):
            isolation.check(b"example.com", 443)
        assert len(refused) == 1
