"""Fixtures for pytest: a server for each session, and a scenario for each test.

Importing the plugin imports only pytest; the fixtures import the emulator.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sm_emulator import Emulator, LogicalCall, Scenario

# The number of calls, and of findings, that the report of a failing test shows
_SHOWN = 20
_SCENARIO = pytest.StashKey["Scenario"]()
# Every test has its own account, so tests may use the same names. Each worker of xdist has a server.
_accounts = map(str, itertools.count(100_000_000_001))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option for the seed, to replay a failure, and one for the settings of all tests."""
    parser.getgroup("sm-emulator").addoption(
        "--sm-emulator-seed",
        type=int,
        metavar="N",
        help="random seed for tests whose marker sets none (default: the configuration's)",
    )
    parser.addini(
        "sm_emulator_config",
        "configuration file of the emulator (TOML, YAML or JSON), relative to this file",
        type="paths",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "sm_emulator(preset=None, seed=None, clock=None, faults=None, settings=None): "
        "the initial state of this test's scenario",
    )


@pytest.fixture(scope="session")
def sm_emulator_server(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """Return the emulator of this session, or of this worker of xdist."""
    from sm_emulator import Emulator  # noqa: PLC0415  keeps the plugin cheap
    from sm_emulator.control import handover  # noqa: PLC0415

    files = pytestconfig.getini("sm_emulator_config")
    seed = pytestconfig.getoption("--sm-emulator-seed")
    with _without_traceback("sm-emulator"):
        config = files[0] if files else None
        emulator = Emulator(config=config, seed=seed, settings=handover.offered())
    with emulator:
        yield emulator


@pytest.fixture
def sm_emulator(request: pytest.FixtureRequest, sm_emulator_server: Emulator) -> Iterator[Scenario]:
    """Return a new scenario, with the settings of the test's closest `sm_emulator` marker."""
    from sm_emulator.control import handover  # noqa: PLC0415  keeps the plugin cheap

    marker = request.node.get_closest_marker("sm_emulator")
    options: dict[str, Any] = dict(marker.kwargs) if marker else {}
    with _without_traceback("marker sm_emulator"):
        if marker and marker.args:
            raise TypeError(f"{marker.args[0]!r} needs a name, as in preset={marker.args[0]!r}")
        scenario = sm_emulator_server.new_scenario(next(_accounts), **options)
    request.node.stash[_SCENARIO] = scenario
    yield scenario
    handover.record(scenario)
    sm_emulator_server.discard(scenario.account)
    for bug in sm_emulator_server.gateway.bugs:
        sm_emulator_server.gateway.bugs.clear()
        raise bug


@pytest.fixture
def sagemaker_client(sm_emulator: Scenario) -> Any:
    """Return a boto3 client for SageMaker that uses this test's scenario."""
    return sm_emulator.client("sagemaker")


@pytest.fixture
def sagemaker_runtime_client(sm_emulator: Scenario) -> Any:
    """Return a boto3 client for SageMaker Runtime that uses this test's scenario."""
    return sm_emulator.client("sagemaker-runtime")


@pytest.fixture
def sagemaker_truth(sm_emulator: Scenario) -> Any:
    """Return a boto3 client that reads what the leader of this test's scenario holds, for assertions."""
    return sm_emulator.truth


@contextmanager
def _without_traceback(source: str) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError) as error:
        raise pytest.fail.Exception(f"{source}: {error}", pytrace=False) from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the seed, the last calls and the findings to the report of a failing test."""
    report = yield
    scenario = item.stash.get(_SCENARIO, None)
    if report.failed and scenario is not None:
        report.sections.append(("sm-emulator", _section(scenario)))
    return report


def _section(scenario: Scenario) -> str:
    from sm_emulator.values import printable  # noqa: PLC0415  keeps the plugin cheap

    summary = scenario.summary()
    preset, clock = summary["consistency"]["preset"], summary["clock"]["mode"]
    settings = f"seed {summary['seed']}, preset {preset}, {clock} clock, account {scenario.account}"
    calls = map(_line, list(scenario.calls())[-_SHOWN:])
    findings = (f"{found.name}: {found.message}" for found in scenario.report().findings[:_SHOWN])
    return "\n".join(map(printable, [settings, *calls, *findings]))


def _line(call: LogicalCall) -> str:
    """Return a call's outcome, and the stale reads and faults that caused it."""
    attempts = f" in {len(call.attempts)} attempts" if len(call.attempts) > 1 else ""
    faults = dict.fromkeys(name for attempt in call.attempts for name in attempt.faults)
    causes = [*(["a stale read"] if call.stale else []), *(f"fault {name}" for name in faults)]
    reason = f"  ({', '.join(causes)})" if causes else ""
    return f"{call.label}: {call.outcome}{attempts}{reason}"
