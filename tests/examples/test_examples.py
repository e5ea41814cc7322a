"""Every example, run as its first lines say."""

import json
import os
import re
import subprocess
import sys
from difflib import ndiff
from pathlib import Path

import pytest

from sm_emulator import Emulator
from tests.support.asyncio_environment import NEEDS_ASYNCIO, PYTHON
from tests.support.documentation import blocks

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"


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


FROM_MOTO = EXAMPLES / "from_moto"


def migrated(folder, *options, failing=False):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        FROM_MOTO / "pytest.ini",
    ]
    done = subprocess.run(
        [*command, FROM_MOTO / folder, *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == int(failing), done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("folder", ["before", "after"])
def test_the_suite_that_came_from_moto_passes_before_and_after(folder):
    assert "6 passed" in migrated(folder)


def test_the_suite_that_came_from_moto_finds_the_bug_of_its_program():
    options = (
        "--sm-emulator-reproducible",
        "--sm-emulator-preset=describe-lies",
        "--sm-emulator-fail-on=any",
    )
    output = migrated("after", *options, failing=True)
    assert "4 failed, 2 passed" in output
    assert output.count("stale-miss-not-retried: CreateEndpoint churn was refused") == 4
    assert "sm-emulator: 6 scenarios, 4 stale reads, 4 findings, seed 0" in output


def test_the_page_shows_the_lines_that_change():
    before, after = (
        (FROM_MOTO / folder / "test_deployer.py").read_text().splitlines()
        for folder in ("before", "after")
    )
    changed = [line for line in ndiff(before, after) if line[0] in "-+" and line[2:]]
    page = {block.title: block.text for block in blocks((ROOT / "docs/coming-from.md").read_text())}
    assert sorted(page["from before/ to after/"].splitlines()) == sorted(
        line[0] + line[2:] for line in changed
    )


def test_hypothesis_shrinks_to_the_smallest_schedule():
    found = run(sys.executable, "examples/hypothesis_schedules.py")
    assert found == "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x3\n"


def test_the_unittest_case_passes():
    assert "Ran 3 tests" in run(sys.executable, "examples/unittest_case.py")


def test_the_script_finds_its_endpoint_in_another_process():
    assert run(sys.executable, "examples/script.py") == "1\n"


@NEEDS_ASYNCIO
def test_the_asyncio_example_tries_again():
    with Emulator(preset="describe-lies") as emulator:
        output = run(PYTHON, "examples/asyncio_deploy.py", env=emulator.environment())
    assert output == "not seen yet\nInService\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "findings"),
    [
        (
            "before",
            {
                "describe-lies": {"stale-miss-not-retried", "left-behind"},
                "read-after-create-miss-2": {"stale-miss-not-retried", "left-behind"},
                "lost-reply": {"lost-change-treated-as-failure", "left-behind"},
            },
        ),
        ("after", {"describe-lies": set(), "read-after-create-miss-2": set(), "lost-reply": set()}),
    ],
)
def test_the_ci_job_fails_before_the_repair_only_and_keeps_a_report_of_each_preset(
    program: str, findings: dict[str, set[str]], tmp_path: Path
):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "examples/ci/check.sh", tmp_path, sys.executable, f"examples/ci/{program}.py"],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=240,
    )
    verdict = "FAILED" if program == "before" else "ok"
    assert done.returncode == (1 if program == "before" else 0), done.stdout + done.stderr
    for preset, expected in findings.items():
        assert re.search(f"^{verdict} +{preset}", done.stdout, re.MULTILINE)
        report = json.loads((tmp_path / f"{preset}.json").read_text())
        assert {finding["name"] for finding in report["findings"]} == expected
        assert ("<failure" in (tmp_path / f"{preset}.xml").read_text()) == bool(expected)
        assert preset in (tmp_path / f"{preset}.html").read_text()


@pytest.mark.slow
def test_the_exploration_breaks_the_naive_program_and_exhausts_the_repaired_one():
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    output = run("sh", "examples/explore.sh", env={**os.environ, "PATH": path})
    naive, repaired = output.split("$ sm-emulator explore -- python examples/ci/after.py")
    assert "BREAKS  CreateEndpoint(churn)#1 late EndpointConfig(churn) x1" in naive
    assert "exhausted: none of " in repaired
