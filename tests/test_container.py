"""What is said about the container, where none can be built; `make container` builds and runs it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from sm_emulator import Emulator
from sm_emulator.cli import main
from sm_emulator.config.settings import from_environment, load

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PAGE = (ROOT / "docs/container.md").read_text()
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
PORT = load([])["server.port"]


def instruction(name: str) -> str:
    """Find what the last stage says, after the last instruction of this name."""
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)[-1]


def health_check() -> list[str]:
    return json.loads(re.findall(r"^HEALTHCHECK .*CMD (.*)$", DOCKERFILE, re.MULTILINE)[-1])


def test_the_image_is_not_root_s_and_ends_by_the_signal_that_serve_knows():
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", instruction("USER"))
    assert instruction("STOPSIGNAL") == "SIGTERM"
    assert int(instruction("EXPOSE")) == PORT


def test_the_image_is_labelled_with_the_version_of_the_project():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f'org.opencontainers.image.version="{version}"' in DOCKERFILE


def test_the_health_check_of_image_and_service_is_a_command_that_there_is():
    words = health_check()
    assert SERVICES["sagemaker"]["healthcheck"]["test"] == ["CMD", *words]
    assert words[0] in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert CliRunner().invoke(main, [*words[1:], "--help"]).exit_code == 0


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_is_built_from_is_there(service):
    assert (ROOT / SERVICES[service]["build"] / "Dockerfile").exists()


def test_the_service_is_published_on_loopback_alone():
    assert SERVICES["sagemaker"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]


def test_the_variables_of_the_service_are_settings():
    settings = load(from_environment(SERVICES["sagemaker"]["environment"]))
    assert settings["server.allowed_hosts"] == ["sagemaker"]


def test_the_variables_on_the_page_and_in_the_image_are_settings():
    named = set(re.findall(r"SM_EMULATOR_[A-Z_]+", PAGE + DOCKERFILE)) - {"SM_EMULATOR_CONFIG"}
    assert len(from_environment(dict.fromkeys(named, "1"))) == len(named)


def test_the_application_waits_for_the_service_by_its_name():
    application = SERVICES["app"]
    assert application["depends_on"] == {"sagemaker": {"condition": "service_healthy"}}
    assert application["environment"]["AWS_ENDPOINT_URL_SAGEMAKER"] == f"http://sagemaker:{PORT}"


def test_the_application_has_the_locked_boto3():
    installed = (ROOT / "examples/compose/Dockerfile").read_text()
    assert set(re.findall(r"boto3==\S+", installed)) <= set(
        (ROOT / "constraints.txt").read_text().split()
    )


@pytest.mark.slow
def test_the_application_overcomes_the_stale_read_that_the_service_is_set_to():
    settings = load(from_environment(SERVICES["sagemaker"]["environment"]))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with Emulator(preset=settings["consistency.preset"]) as emulator:
        finished = subprocess.run(
            [sys.executable, ROOT / "examples/compose/deploy.py"],
            env=kept | SERVICES["app"]["environment"] | {"AWS_ENDPOINT_URL_SAGEMAKER": emulator.url},
            capture_output=True,
            text=True,
            check=True,
        )
    stale, *rest = finished.stdout.splitlines()
    assert stale.startswith("attempt 1: Could not find endpoint configuration ")
    assert rest == ["attempt 2: created", "InService"]


def test_the_page_hardens_as_the_service_does():
    service = SERVICES["sagemaker"]
    flags = [f"--tmpfs {mount}" for mount in service["tmpfs"]]
    flags += [f"--cap-drop {what}" for what in service["cap_drop"]]
    flags += [f"--security-opt {what}" for what in service["security_opt"]]
    assert service["read_only"]
    assert all(flag in PAGE for flag in ["--read-only", *flags])


def test_the_snippet_for_testcontainers_is_python():
    shown = re.search(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert shown
    compile(shown[1], "docs/container.md", "exec")
