"""Every example, run as its first lines say."""

import subprocess
import sys
from pathlib import Path

import pytest

from sm_emulator import Emulator

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
# an environment of its own: aiobotocore wants another botocore than the schemas are made of
ASYNCIO = ROOT / ".venv" / "asyncio" / "bin" / "python"


def run(*command, env=None):
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_pytest_suite_passes():
    told = run(sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", EXAMPLES, "examples/with_pytest")
    assert "3 passed" in told


def test_the_unittest_case_passes():
    assert "Ran 3 tests" in run(sys.executable, "-m", "unittest", "examples/unittest_case.py", env=with_examples())


def test_the_script_finds_its_endpoint_in_another_process():
    assert run(sys.executable, "examples/script.py") == "churn\n"


@pytest.mark.skipif(not ASYNCIO.exists(), reason="make test makes the environment that aiobotocore needs")
def test_the_asyncio_example_tries_again():
    with Emulator(preset="describe-lies") as emulator:
        told = run(ASYNCIO, "examples/asyncio_deploy.py", env=emulator.environment())
    assert told == "not seen yet\nInService\n"


def with_examples():
    return {"PYTHONPATH": str(EXAMPLES), "PATH": "/usr/bin:/bin"}
