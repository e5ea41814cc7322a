"""The files and commands of the pages for newcomers run, and print what the pages show."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sm_emulator import Emulator
from tests.support.documentation import ROOT, Block, blocks

BIN = Path(sys.executable).parent
PAGES = {
    name: blocks((ROOT / name).read_text())
    for name in (
        "README.md",
        *(f"docs/{page}.md" for page in ("index", "choosing-a-preset", "testing", "coming-from")),
    )
}
SHOWN = [
    pytest.param(block, id=f"{page}: {block.title}")
    for page, shown in {
        **PAGES,
        "docs/explorer.md": blocks((ROOT / "docs/explorer.md").read_text()),
    }.items()
    for block in shown
    if block.title.endswith(".py")
]
CONSOLE = [
    pytest.param(command, id=f"{page}: {command[:40]}")
    for page, shown in PAGES.items()
    for block in shown
    if block.language == "console"
    for command in re.findall(r"^\$ (.+)", block.text, re.MULTILINE)
]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SM_EMU"))}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "PYTHONUTF8": "1", **more}


def run(*command, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=at, env=environment(), timeout=120
    )


@pytest.mark.parametrize("block", SHOWN)
def test_a_file_that_is_shown_runs(block: Block, tmp_path: Path):
    file = tmp_path / block.title
    file.write_text(block.text)
    quiet = ("-q", "-p", "no:randomly", "-p", "no:cacheprovider")
    test = block.title.startswith("test_")
    done = run(sys.executable, *(("-m", "pytest", *quiet) if test else ()), file, at=tmp_path)
    assert done.returncode == (1 if block.title == "test_fails.py" else 0), done.stdout + done.stderr


def test_the_report_of_a_failing_test_is_the_one_shown(tmp_path: Path):
    shown = {block.title: block.text for block in PAGES["docs/testing.md"]}
    file = tmp_path / "test_fails.py"
    file.write_text(shown["test_fails.py"])
    done = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file, at=tmp_path)
    assert shown["its report"] in re.sub(r"account \d{12}", "account ACCOUNT", done.stdout)


@pytest.mark.parametrize("command", [c for c in CONSOLE if c.values[0].startswith("sm-emulator ")])
def test_each_command_that_is_shown_has_its_options(command: str):
    words = shlex.split(command.partition(" -- ")[0])
    help_text = run(BIN / "sm-emulator", words[1], "--help", at=ROOT).stdout
    assert all(word in help_text for word in words if word.startswith("--"))


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_calls_that_are_shown_succeed_one_after_the_other(page: str):
    commands = [c.values[0] for c in CONSOLE if c.id.startswith(page)]
    calls = [command for command in commands if command.startswith(("aws ", "python examples/"))]
    served = next(command for command in commands if command.startswith("sm-emulator serve"))
    preset = re.search(r"--preset (\S+)", served)
    variables = next(command for command in commands if command.startswith("export "))
    assert calls
    assert preset
    with Emulator(preset=preset[1]) as emulator:
        given = dict(word.split("=", 1) for word in shlex.split(variables)[1:])
        given |= {name: emulator.url for name in given if name.startswith("AWS_ENDPOINT_URL")}
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        subprocess.run(
            ["/bin/sh", "-ec", "\n".join(calls)],
            check=True,
            capture_output=True,
            env=environment(**given, PATH=path),
            cwd=ROOT,
        )
        assert emulator.scenario().calls().last.succeeded


def test_run_reports_a_naive_program_as_the_front_page_shows(tmp_path: Path):
    shown = next(block.text for block in PAGES["README.md"] if block.text.startswith("stale-miss"))
    command = next(c.values[0] for c in CONSOLE if c.values[0].startswith("sm-emulator run"))
    program = """
import boto3
sagemaker = boto3.client("sagemaker")
sagemaker.create_model(ModelName="churn", PrimaryContainer={"Image": "churn:1"})
variant = {"VariantName": "a", "ModelName": "churn", "InstanceType": "ml.m5.large"}
sagemaker.create_endpoint_config(
    EndpointConfigName="churn", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
)
try:
    sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn")
except sagemaker.exceptions.ClientError:
    print("gave up")
"""
    (tmp_path / "deploy.py").write_text(program)
    words = shlex.split(command.replace("-- python", f"-- {sys.executable}"))
    done = run(BIN / words[0], *words[1:], at=tmp_path)
    assert done.stdout == "gave up\n"
    assert shown in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_container_is_started_as_on_its_own_page(page: str):
    container = (ROOT / "docs/container.md").read_text()
    shown = [c.values[0] for c in CONSOLE if c.id.startswith(page) and "docker" in c.values[0]]
    assert len(shown) == 2
    for command in shown:
        assert (
            re.sub(r"SM_EMULATOR_PRESET=\S+", "SM_EMULATOR_PRESET=dynamodb-documented", command)
            in container
        )


def test_the_picture_is_what_the_demo_prints(tmp_path: Path):
    drawn = (ROOT / "docs/demo.svg").read_text()
    script = ROOT / "scripts/demo_picture.py"
    done = run(sys.executable, script, "--check", at=tmp_path)
    assert done.returncode == 0, done.stdout
    assert drawn.count("STALE") == 4


def test_the_curve_is_what_is_plotted():
    page = blocks((ROOT / "docs/consistency.md").read_text())
    shown = next(block.text for block in page if "--plot" in block.text)
    command, drawn = shown.removeprefix("$ sm-emulator ").split("\n", 1)
    assert run(BIN / "sm-emulator", *command.split(), at=ROOT).stdout == drawn


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_ready_line_is_as_shown(page: str):
    shown = next(block.text for block in PAGES[page] if "\nready " in block.text)
    command, ready = shown.removeprefix("$ sm-emulator ").splitlines()
    with subprocess.Popen(
        [BIN / "sm-emulator", *command.split(), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    ) as server:
        assert server.stdout
        line = server.stdout.readline().strip()
        assert re.sub(r"\d+$", "7243", line) == ready
        server.terminate()
        assert server.wait(10) == 0
