"""`sm-emulator run --schedule`: a program under a schedule, in virtual time."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_run import python, run

LATE = "CreateEndpoint(ep)#1 late EndpointConfig(cfg)"
# It retries what is not found, and continues where it was before
DEPLOY = """
import sys, time
import boto3
sagemaker = boto3.client("sagemaker")
def ensure(create, **members):
    for attempt in range(3):
        try:
            return create(**members)
        except sagemaker.exceptions.ClientError as error:
            if "already existing" in str(error):
                return
            time.sleep(1)
    sys.exit(7)
variants = [{"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]
ensure(sagemaker.create_model, ModelName="m", PrimaryContainer={"Image": "i"})
ensure(sagemaker.create_endpoint_config, EndpointConfigName="cfg", ProductionVariants=variants)
ensure(sagemaker.create_endpoint, EndpointName="ep", EndpointConfigName="cfg")
print(sagemaker.describe_endpoint(EndpointName="ep")["EndpointStatus"])
"""


def replay(schedule: str, *more: str) -> subprocess.CompletedProcess[str]:
    return run("--schedule", schedule, *more, *python(DEPLOY))


@pytest.mark.parametrize(("count", "code"), [("x2", 0), ("x3", 7)])
def test_a_program_survives_what_it_tolerates_and_no_more(count, code):
    result = replay(f"{LATE} {count}")
    assert result.returncode == code
    assert f"schedule {LATE} {count}   acted: {count[1:]} of {count[1:]}\n" in result.stderr


def test_a_program_is_killed_and_started_again_after_a_write():
    result = replay("crash after 2 ; crash after 3", "--json")
    assert (result.returncode, result.stdout) == (0, "InService\n")
    assert result.stderr.count("schedule: the program was killed, and starts again\n") == 2
    report = json.loads(result.stderr[result.stderr.index("{") :])
    lost = [
        (attempt["place"], attempt["delivery"])
        for chain in report["retry_chains"]
        for each in chain["calls"]
        for attempt in each["attempts"]
        if attempt["causes"]
    ]
    assert lost == [("CreateEndpointConfig(cfg)#1", "stall"), ("CreateEndpoint(ep)#1", "stall")]


UNIQUE = """
import sys, uuid
import boto3
sagemaker, name = boto3.client("sagemaker"), f"m-{uuid.uuid4()}"
sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": "i"})
sagemaker.describe_model(ModelName=name)
"""


def test_names_that_differ_in_each_run_are_found_by_their_aliases():
    result = run("--schedule", "DescribeModel(Model~1)#1 late Model(Model~1) x1", *python(UNIQUE))
    assert result.returncode == 1
    assert "Could not find model" in result.stderr


MODEL = """
import boto3
boto3.client("sagemaker").create_model(ModelName="m", PrimaryContainer={"Image": "i"})
"""
DESCRIBE = """
import time
import boto3
time.sleep(30)
boto3.client("sagemaker").describe_model(ModelName="m")
"""
LATE_MODEL = "DescribeModel(m)#1 late Model(m) x1"


def setup(*more: str) -> subprocess.CompletedProcess[str]:
    words = "--setup", shlex.join([sys.executable, "-c", MODEL]), *more
    return run("--schedule", LATE_MODEL, *words, *python(DESCRIBE))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ((), 4),  # it has settled: no read of it can be late
        (("--setup-late",), 4),  # it was late for 5 seconds
        (("--setup-late", "--max-lag", "1m"), 1),
    ],
)
def test_what_a_set_up_writes_is_late_where_asked_and_as_long(more, code):
    result = setup(*more)
    assert result.returncode == code, result.stderr
    assert ("does not fit" in result.stderr, "Could not find model" in result.stderr) == (
        code == 4,
        code == 1,
    )
    assert "1 calls" in result.stderr


def test_a_set_up_that_fails_is_4_and_the_command_does_not_run():
    result = run("--schedule", LATE_MODEL, "--setup", "sh -c 'exit 7'", *python("print('ran')"))
    assert (result.returncode, result.stdout) == (4, "")
    assert "error: the set-up fails: sh -c 'exit 7' ended with exit code 7\n" in result.stderr


def test_a_set_up_that_cannot_be_started_is_named():
    result = run("--schedule", LATE_MODEL, "--setup", "no-such", *python("print('ran')"))
    assert (result.returncode, result.stdout) == (4, "")
    assert "error: the set-up fails: no-such: No such file or directory\n" in result.stderr


def test_a_schedule_of_another_program_is_4_and_names_what_it_made():
    result = replay("CreateEndpoint(ep)#2 lost")
    assert (result.returncode, result.stdout) == (4, "InService\n")
    assert (
        "error: schedule does not fit this program any more: CreateEndpoint(ep)#2 never came; it made "
        "CreateEndpoint(ep)#1, CreateModel(m)#1, CreateEndpointConfig(cfg)#1, DescribeEndpoint(ep)#1"
    ) in result.stderr


def test_a_file_has_the_command_too_and_the_page_names_the_choice(tmp_path: Path):
    file, page = tmp_path / "found.json", tmp_path / "report.html"
    command = python(DEPLOY)[1:]
    table = {"version": 1, "schedule": LATE, "max_lag": "1500ms", "seed": 3, "command": command}
    file.write_text(json.dumps(table))
    result = run("--schedule", str(file), "--html", str(page))
    assert (result.returncode, result.stdout) == (0, "InService\n")
    assert f"schedule {LATE}   acted: 2\n" in result.stderr
    assert "seed 3" in result.stderr
    assert LATE in page.read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--schedule", "x"], "error: schedule: character 1: 'x': a request is expected here"),
        (["--schedule", "none.json"], "error: none.json: cannot be read: No such file or directory"),
        (["--schedule", LATE], "Missing argument 'COMMAND...'"),
        ([], "Missing argument 'COMMAND...'"),
        (["--max-lag", "3s"], "error: --max-lag: needs --schedule"),
        (["--setup", "true"], "error: --setup: needs --schedule"),
        (["--max-lag", "soon", "--schedule", "x"], "'soon' is not a duration like 5s, 500ms or 2m"),
    ],
)
def test_wrong_usage_is_2_and_nothing_is_run(words, message):
    result = run(*words, *(["--", "echo", "run"] if words and words[1] != LATE else []))
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON: "),
        ("[]", "is not a schedule file, which is a JSON object"),
        ('{"version": 1}', "error: schedule.schedule: "),
    ],
)
def test_a_wrong_file_is_2_and_says_what_is_wrong(tmp_path: Path, text, message):
    file = tmp_path / "wrong"
    file.write_text(text)
    result = run("--schedule", str(file), "--", "echo", "run")
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
