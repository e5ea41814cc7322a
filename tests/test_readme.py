"""What the front page shows is run here, word for word."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sm_emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def clean_environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SM_EMU"))}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **more}


def test_the_picture_is_what_the_demo_prints():
    shown = blocks("")[0].partition("$ make demo\n")[2]
    printed = subprocess.run(
        [BIN / "sm-emulator", "demo"],
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(PYTHONUTF8="1"),
    )
    assert printed.stdout == shown


def test_the_curve_is_what_is_plotted():
    shown = re.search(
        r"^```\n(\$ sm-emulator presets .*?)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE
    )
    assert shown
    command, drawn = shown.groups()
    printed = subprocess.run(
        [BIN / "sm-emulator", *command.split()[2:]],
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(PYTHONUTF8="1"),
    )
    assert printed.stdout == drawn


def test_the_first_python_snippet_runs():
    subprocess.run([sys.executable, "-c", blocks("python")[0]], check=True, env=clean_environment())


def test_the_fixture_snippet_passes_under_pytest(tmp_path: Path):
    (tmp_path / "test_snippet.py").write_text(blocks("python")[1])
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=clean_environment(),
    )
    assert "1 passed" in run.stdout, run.stdout


def test_the_console_snippet_runs_against_a_server():
    with Emulator() as emulator:
        commands = [line[2:] for line in blocks("console")[1].splitlines()]
        exports = dict(word.split("=", 1) for word in shlex.split(commands[0])[1:])
        environment = clean_environment(**exports, AWS_PAGER="")
        environment["AWS_ENDPOINT_URL_SAGEMAKER"] = emulator.url
        for command in commands[1:]:
            aws, *words = shlex.split(command)
            run = subprocess.run(
                [BIN / aws, *words], capture_output=True, text=True, check=True, env=environment
            )
            assert "churn" in run.stdout


def test_the_ready_line_is_as_shown():
    command = blocks("console")[0].splitlines()[0][2:].split()
    with subprocess.Popen(
        [BIN / command[0], *command[1:], "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=clean_environment(),
    ) as server:
        assert server.stdout
        assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+\n", server.stdout.readline())
        server.terminate()
        assert server.wait(10) == 0


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", README))
def test_every_link_leads_somewhere(link: str):
    assert (ROOT / link).exists()
