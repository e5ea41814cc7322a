"""The wheel: built, installed where the source tree cannot be seen, and used."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty venv, install the wheel and, from this one, nothing but its dependencies."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False)
    interpreter = home / "bin" / "python"
    (site,) = home.glob("lib/python*/site-packages")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        interpreter,
        "install",
        "--no-deps",
        "--quiet",
        wheel,
    ]
    subprocess.run(install, check=True, capture_output=True)
    for dependency in dependencies():
        (site / dependency.name).symlink_to(dependency)
    return interpreter


def dependencies() -> list[Path]:
    """Find what `pip install` would have brought along: everything here but ourselves."""
    (here,) = Path(sys.prefix).glob("lib/python*/site-packages")
    return [path for path in here.iterdir() if "sm_emulator" not in path.name and path.suffix != ".pth"]


def run(python: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [python, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=True
    )


def test_schemas_and_types_are_in_the_wheel(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    schemas = {f"sm_emulator/schemas/{path.name}" for path in (ROOT / "schemas").glob("*.json")}
    assert schemas | {"sm_emulator/py.typed"} <= names


def test_nothing_else_is_in_the_wheel(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"sm_emulator", next(top for top in tops if top.endswith(".dist-info"))}


def test_the_installed_package_is_the_wheel_s(python, tmp_path):
    output = run(python, "-c", "import sm_emulator; print(sm_emulator.__file__)", cwd=tmp_path)
    assert str(python.parent.parent) in output.stdout


def test_the_command_is_installed(python, tmp_path):
    operations = run(python, "-m", "sm_emulator", "operations", "--json", cwd=tmp_path).stdout
    assert {
        "service": "sagemaker",
        "operation": "CreateEndpointConfig",
        "implemented": "sm-emulator",
    } in json.loads(operations)
    assert (python.parent / "sm-emulator").exists()


PROGRAM = """
from sm_emulator import Emulator
from botocore.config import Config
with Emulator() as emulator:
    client = emulator.client("sagemaker", config=Config(parameter_validation=False))
    try:
        client.create_endpoint_config(EndpointConfigName="c")
    except client.exceptions.ClientError as error:
        print(error)
"""


def test_the_contract_holds_in_the_installed_package(python, tmp_path):
    output = run(python, "-c", PROGRAM, cwd=tmp_path).stdout
    assert (
        "Value null at 'productionVariants' failed to satisfy constraint: Member must not be null"
        in output
    )
