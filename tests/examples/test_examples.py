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
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_pytest_suite_passes():
    output = run(
        sys.executable, "-m", "pytest", "-q", "-c", "examples/pytest.ini", "examples/with_pytest"
    )
    assert "3 passed" in output


def test_the_unittest_case_passes():
    assert "Ran 3 tests" in run(sys.executable, "examples/unittest_case.py")


def test_the_script_finds_its_endpoint_in_another_process():
    assert run(sys.executable, "examples/script.py") == "1\n"


@pytest.mark.skipif(
    not ASYNCIO.exists(), reason="make test makes the environment that aiobotocore needs"
)
def test_the_asyncio_example_tries_again():
    with Emulator(preset="describe-lies") as emulator:
        output = run(ASYNCIO, "examples/asyncio_deploy.py", env=emulator.environment())
    assert output == "not seen yet\nInService\n"
