"""One emulator on a socket for the whole session, and an account of its own for each test."""

from __future__ import annotations

import itertools
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import is_hypothesis_test

from sm_emulator import Emulator
from sm_emulator.containers import Invocation
from tests.support import python_models
from tests.support.local_gateway import Local
from tests.support.pages import chromium

pytest_plugins = ["pytester"]

ACCOUNTS = (f"{number:012d}" for number in itertools.count(1))
HERE = Path(__file__).parent
# Folders and modules whose tests take seconds, most of them to start interpreters or real clients
SLOW = {
    *("sdk", "examples"),
    *("test_benchmarks.py", "test_collector.py", "test_conformance.py", "test_curve.py"),
    *("test_determinism.py", "test_docs.py", "test_finding_bugs.py", "test_fuzz.py"),
    *("test_histories.py", "test_load.py", "test_packaging.py", "test_pages.py", "test_run.py"),
    "test_schemathesis.py",
}

# Fixtures that start pytest or a browser
STARTERS = {"pytester", "browser"}


# A shell ignores it in what it starts in the background, and so would the programs that tests start
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow the tests in SLOW, those of Hypothesis, and those that start a program."""
    for item in items:
        place = {*item.path.relative_to(HERE).parts}
        drawn = is_hypothesis_test(getattr(item, "obj", None))
        if place & SLOW or drawn or STARTERS & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def served() -> Iterator[Emulator]:
    with Emulator(clock="virtual") as emulator:
        yield emulator


@pytest.fixture
def account() -> str:
    return next(ACCOUNTS)


@pytest.fixture
def sagemaker(served: Emulator, account: str):
    return served.client("sagemaker", account=account)


@pytest.fixture
def scenario(served: Emulator, account: str):
    return served.scenario(account)


@pytest.fixture
def local() -> Local:
    """Return a gateway without a socket, with strong consistency and the default settings."""
    return Local()


@pytest.fixture
def kept() -> Iterator[list[Invocation]]:
    """Return the invocations that `python_models:keep` received."""
    python_models.KEPT.clear()
    yield python_models.KEPT
    python_models.KEPT.clear()


@pytest.fixture
def suite(pytester):
    """Write a suite and run it; `options` are pytest's."""

    def run(text, *options):
        pytester.makepyfile(f"import pytest\n{text}")
        return pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", *options)

    return run


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a Chromium without a window."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (binary and driver):
        pytest.skip(
            "Chromium and its driver are not installed: apt-get install chromium chromium-driver"
        )
    driven = chromium(binary, driver, tmp_path_factory.mktemp("chromium"))
    yield driven
    driven.quit()
