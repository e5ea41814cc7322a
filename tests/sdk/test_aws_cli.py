"""The AWS CLI, against a server in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
VARIANT = "VariantName=a,ModelName=m,InitialInstanceCount=1,InstanceType=ml.m5.large"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    rule = {"name": "late", "match": {"types": ["EndpointConfig"], "names": "late-*"}, "reads": 1}
    command = [
        BIN / "sm-emulator",
        "serve",
        "--port",
        "0",
        "--set",
        f"consistency.rules={json.dumps([rule])}",
    ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SM_EMULATOR_")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=kept
    ) as server:
        assert server.stdout
        yield server.stdout.readline().removeprefix("ready ").strip()
        server.terminate()
        assert server.stdout.read() == "", "one line on stdout, and no more"
        assert server.wait(10) == 0


def aws(endpoint: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }
    command = [BIN / "aws", "--endpoint-url", endpoint, "sagemaker", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def with_model(endpoint: str) -> str:
    made = aws(endpoint, "create-model", "--model-name", "m", "--primary-container", "Image=i")
    assert json.loads(made.stdout) == {"ModelArn": "arn:aws:sagemaker:us-east-1:123456789012:model/m"}
    return endpoint


def create_config(endpoint: str, name: str) -> subprocess.CompletedProcess[str]:
    return aws(
        endpoint,
        "create-endpoint-config",
        "--endpoint-config-name",
        name,
        "--production-variants",
        VARIANT,
    )


def test_a_configuration_is_created_and_described(with_model):
    assert create_config(with_model, "c").returncode == 0
    described = aws(with_model, "describe-endpoint-config", "--endpoint-config-name", "c")
    answer = json.loads(described.stdout)
    assert answer["EndpointConfigArn"] == "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/c"
    assert answer["ProductionVariants"][0]["InitialVariantWeight"] == 1.0


def test_a_stale_miss_ends_the_command_and_the_next_one_finds(with_model):
    create_config(with_model, "late-1")
    words = ("describe-endpoint-config", "--endpoint-config-name", "late-1")
    missed = aws(with_model, *words)
    assert missed.returncode in {254, 255}
    assert (
        "(ValidationException) when calling the DescribeEndpointConfig operation: Could not find"
        in missed.stderr
    )
    assert aws(with_model, *words).returncode == 0


def test_an_endpoint_is_waited_for(with_model):
    create_config(with_model, "for-endpoint")
    created = aws(
        with_model, "create-endpoint", "--endpoint-name", "e", "--endpoint-config-name", "for-endpoint"
    )
    assert created.returncode == 0, created.stderr
    assert aws(with_model, "wait", "endpoint-in-service", "--endpoint-name", "e").returncode == 0


def test_a_deletion_prints_nothing(with_model):
    create_config(with_model, "short-lived")
    deleted = aws(with_model, "delete-endpoint-config", "--endpoint-config-name", "short-lived")
    assert (deleted.returncode, deleted.stdout) == (0, "")


def test_a_whole_deployment_goes_to_one_url(endpoint, tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "222222222222",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
    }

    def ok(*words):
        command = [BIN / "aws", *words, "--output", "text"]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, (words, run.stderr)
        return run.stdout.strip()

    model = tmp_path / "model.tar.gz"
    model.write_bytes(bytes(range(256)) * 40_000)  # more than 8 MB, so that it goes up in parts
    ok("s3", "mb", "s3://cli-artefacts")
    ok("s3", "cp", str(model), "s3://cli-artefacts/model.tar.gz", "--no-progress")
    ok("s3", "cp", "s3://cli-artefacts/model.tar.gz", str(tmp_path / "back"), "--no-progress")
    assert (tmp_path / "back").read_bytes() == model.read_bytes()
    role = ok(
        *("iam", "create-role", "--role-name", "cli", "--assume-role-policy-document", "{}"),
        *("--query", "Role.Arn"),
    )
    assert role == "arn:aws:iam::222222222222:role/cli"
    container = "Image=i,ModelDataUrl=s3://cli-artefacts/model.tar.gz"
    named = ("--model-name", "m", "--primary-container", container, "--execution-role-arn", role)
    assert ok("sagemaker", "create-model", *named).endswith(":222222222222:model/m")
    config = ("--endpoint-config-name", "c")
    ok("sagemaker", "create-endpoint-config", *config, "--production-variants", VARIANT)
    ok("sagemaker", "create-endpoint", "--endpoint-name", "e", *config)
    ok("sagemaker", "wait", "endpoint-in-service", "--endpoint-name", "e")
    runtime = "sagemaker-runtime"
    ok(runtime, "invoke-endpoint", "--endpoint-name", "e", "--body", "{}", str(tmp_path / "answer"))
    later = ("--endpoint-config-name", "later")
    output = '{"OutputConfig": {"S3OutputPath": "s3://cli-artefacts/out"}}'
    variant = ("--production-variants", VARIANT)
    ok("sagemaker", "create-endpoint-config", *later, *variant, "--async-inference-config", output)
    ok("sagemaker", "create-endpoint", "--endpoint-name", "later", *later)
    where = ok(
        *(runtime, "invoke-endpoint-async", "--endpoint-name", "later"),
        *("--input-location", "s3://cli-artefacts/model.tar.gz", "--query", "OutputLocation"),
    )
    bucket, _, key = where.removeprefix("s3://").partition("/")
    ok("s3api", "wait", "object-exists", "--bucket", bucket, "--key", key)
    ok("s3", "cp", where, str(tmp_path / "later"), "--no-progress")
    for answer, size in (("answer", 2), ("later", 256 * 40_000)):
        assert json.loads((tmp_path / answer).read_text())["payload_bytes"] == size
    for name in ("later", "e"):
        ok("sagemaker", "delete-endpoint", "--endpoint-name", name)
    ok("sagemaker", "delete-endpoint-config", *config)
    ok("sagemaker", "delete-endpoint-config", *later)
    ok("sagemaker", "delete-model", "--model-name", "m")
    ok("iam", "delete-role", "--role-name", "cli")
    assert "s3://cli-artefacts" in ok("s3", "rb", "--force", "s3://cli-artefacts")
