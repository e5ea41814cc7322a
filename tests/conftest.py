"""One emulator on a socket for the whole session, and an account of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from sm_emulator import Emulator
from sm_emulator.containers import Invocation
from tests.support import python_models

pytest_plugins = ["pytester"]

ACCOUNTS = (f"{number:012d}" for number in itertools.count(1))


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
def kept() -> Iterator[list[Invocation]]:
    """What `asked:keep` was asked."""
    python_models.KEPT.clear()
    yield python_models.KEPT
    python_models.KEPT.clear()
