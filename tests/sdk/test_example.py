"""The example: a whole program with one AWS_ENDPOINT_URL, in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

from sm_emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples/train_and_deploy.py"
LATE = {"name": "late", "match": {"types": ["EndpointConfig"], "surfaces": ["load"]}, "reads": 2}


def run(emulator: Emulator) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {
        **kept,
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return subprocess.run(
        [sys.executable, EXAMPLE],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def test_it_prints_what_the_front_page_shows():
    shown = (ROOT / "README.md").read_text().partition("$ python examples/train_and_deploy.py\n")[2]
    with Emulator() as emulator:
        assert run(emulator) == shown.partition("```")[0]


def test_a_whole_deployment_goes_to_one_url_and_comes_through_a_stale_read():
    with Emulator(settings={"consistency.rules": [LATE]}) as emulator:
        printed = dict(line.split(": ", 1) for line in run(emulator).splitlines() if ": " in line)
        assert printed["synchronous"] == printed["streamed"]
        assert json.loads(printed["later"])["variant"] == json.loads(printed["synchronous"])["variant"]
        journal = emulator.scenario().journal().exchanges
        assert {(e.origin, e.operation.partition(":")[0]) for e in journal if ":" in e.operation} == {
            ("moto", "s3"),
            ("moto", "iam"),
            ("moto", "sts"),
        }
        assert [e.status for e in journal if e.operation == "CreateEndpoint"] == [400, 400, 200] * 2
        assert emulator.client("s3").list_buckets()["Buckets"] == []
        assert emulator.client("iam").list_roles()["Roles"] == []
        assert emulator.client("sagemaker").list_models()["Models"] == []
