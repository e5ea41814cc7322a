"""What the pytest plugin costs: a suite without use for it, a first test that uses it, each further one.

    python benchmarks/plugin.py --times 11

Suites of pytest are run in turn, each in a process of its own, with no plugin but ours.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from judge import at_most, goals

TESTS = 200
BARE = f"""
import pytest

@pytest.mark.parametrize("i", range({TESTS}))
def test_it(i): pass
"""
SCENARIOS = BARE.replace("(i)", "(i, sm_emulator)")
# the client that boto3 makes for itself, from a session with its own cached loader
BOTO3 = BARE.replace(
    "(i): pass",
    """(i):
    import boto3
    options = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    boto3.client("sagemaker", endpoint_url="http://127.0.0.1:1", **options)
""",
)
CLIENTS = BARE.replace("(i)", "(i, sagemaker_client)")
PLUGIN = ("-p", "sm_emulator.pytest_plugin")
FIRST = ("-k", "test_it[0]")
RUNS = {
    "collect": (BARE, ("--collect-only",)),
    "collect, plugin": (BARE, ("--collect-only", *PLUGIN)),
    "boto3, first": (BOTO3, (*PLUGIN, *FIRST)),
    "clients, first": (CLIENTS, (*PLUGIN, *FIRST)),
    "bare, first": (BARE, (*PLUGIN, *FIRST)),
    "bare": (BARE, PLUGIN),
    "scenarios, first": (SCENARIOS, (*PLUGIN, *FIRST)),
    "scenarios": (SCENARIOS, PLUGIN),
}


def measure(times: int) -> dict[str, list[float]]:
    """Take the milliseconds of every run, `times` times in turn."""
    taken: dict[str, list[float]] = {name: [] for name in RUNS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(times):
            for name, (suite, options) in RUNS.items():
                taken[name].append(_run(Path(folder), suite, options))
    return taken


def _run(folder: Path, suite: str, options: tuple[str, ...]) -> float:
    (folder / "test_suite.py").write_text(suite)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    began = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def report(taken: dict[str, list[float]]) -> str:
    """Judge what the plugin adds, turn by turn."""

    def beyond(name: str, other: str) -> list[float]:
        return [a - b for a, b in zip(taken[name], taken[other], strict=True)]

    firsts = beyond("scenarios, first", "bare, first")
    all_of_them = beyond("scenarios", "bare")
    further = [(b - a) / (TESTS - 1) for a, b in zip(firsts, all_of_them, strict=True)]
    collected = beyond("collect, plugin", "collect")
    clients = beyond("clients, first", "boto3, first")
    return goals(
        [
            at_most("collection, beyond that without the plugin", collected, 10, " ms"),
            at_most("a first scenario, beyond an empty test", firsts, 500, " ms"),
            at_most("a first client, beyond boto3's own", clients, 500, " ms"),
            at_most("each further scenario, beyond an empty test", further, 2, " ms"),
        ]
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=11, help="[11]")
    print(report(measure(parser.parse_args().times)))


if __name__ == "__main__":
    main()
