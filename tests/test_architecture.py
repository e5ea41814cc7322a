"""What may import what, and what must not be imported early."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@cache
def imported_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_imports_point_down():
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("heavy", ["flask", "boto3", "botocore", "jsonschema", "jsonschema_rs"])
def test_the_package_alone_imports_nothing_heavy(heavy):
    assert heavy not in imported_by("import sm_emulator")


@pytest.mark.parametrize(
    "heavy",
    [
        *("boto3", "botocore", "jsonschema", "yaml", "moto", "flask", "werkzeug"),
        *("sm_emulator.store.checker", "sm_emulator.cli"),
    ],
)
def test_an_emulator_needs_none_of_these_to_start(heavy):
    assert heavy not in imported_by("from sm_emulator import Emulator\nEmulator().start().stop()")


@pytest.mark.parametrize("on", [True, False])
def test_the_signer_is_imported_before_requests_and_only_where_they_are_verified(on):
    program = f"from sm_emulator import Emulator\nEmulator(settings={{'auth.verify': {on}}})"
    assert ("botocore.auth" in imported_by(program)) is on


def test_an_aws_request_does_not_wait_for_flask_which_the_admin_api_does():
    program = """
import sys
from urllib.error import HTTPError
from urllib.request import urlopen
from sm_emulator import Emulator
with Emulator(settings={"fallthrough": "off"}) as emulator:
    try:
        urlopen(emulator.url, data=b"{}")
    except HTTPError as error:
        print(error.code, "flask" in sys.modules)
    print(urlopen(f"{emulator.url}/_emulator/health").status, "flask" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["404 False", "200 True"]


def test_help_does_not_wait_for_flask():
    program = "import sys\nsys.argv = ['sm-emulator', '--help']\nfrom sm_emulator.cli import main\n"
    code = f"{program}try:\n    main()\nexcept SystemExit:\n    print('flask' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("False\n")


def test_no_file_of_the_package_is_over_250_lines():
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "sm_emulator").rglob("*.py")}
    assert {path: length for path, length in lengths.items() if length > 250} == {}
