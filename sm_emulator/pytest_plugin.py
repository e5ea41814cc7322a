"""Fixtures for pytest: one server a session, and for each test a scenario of its own.

Only pytest is imported here; the emulator is, when a fixture first asks for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sm_emulator import Emulator, LogicalCall, Scenario

# How many of the last calls, and of the findings, the report of a failing test shows
_SHOWN = 20
_SCENARIO = pytest.StashKey["Scenario"]()
# Every test has its own account, so tests never meet, whatever names they use; nor do workers of
# xdist, each of which has a server of its own.
_accounts = map(str, itertools.count(100_000_000_001))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a failure be replayed by its seed, and the settings of all tests stand in one file."""
    parser.getgroup("sm-emulator").addoption(
        "--sm-emulator-seed",
        type=int,
        metavar="N",
        help="seed of the emulator for tests whose marker names none (default: the configuration's)",
    )
    parser.addini(
        "sm_emulator_config",
        "configuration file of the emulator (TOML, YAML or JSON), relative to this file",
        type="paths",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "sm_emulator(preset=None, seed=None, clock=None, faults=None, settings=None): "
        "how the scenario of this test begins",
    )


@pytest.fixture(scope="session")
def sm_emulator_server(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """Serve all tests of this session, or of this worker of xdist."""
    from sm_emulator import Emulator  # noqa: PLC0415  importing a plugin must cost nothing

    files = pytestconfig.getini("sm_emulator_config")
    seed = pytestconfig.getoption("--sm-emulator-seed")
    with _without_traceback("sm-emulator"):
        emulator = Emulator(config=files[0] if files else None, seed=seed)
    with emulator:
        yield emulator


@pytest.fixture
def sm_emulator(request: pytest.FixtureRequest, sm_emulator_server: Emulator) -> Iterator[Scenario]:
    """Begin a fresh scenario, as the test's `sm_emulator` marker says; the nearest marker counts."""
    marker = request.node.get_closest_marker("sm_emulator")
    options: dict[str, Any] = dict(marker.kwargs) if marker else {}
    with _without_traceback("marker sm_emulator"):
        if marker and marker.args:
            raise TypeError(f"{marker.args[0]!r} needs a name, as in preset={marker.args[0]!r}")
        scenario = sm_emulator_server.new_scenario(next(_accounts), **options)
    request.node.stash[_SCENARIO] = scenario
    yield scenario
    sm_emulator_server.forget(scenario.account)
    for bug in sm_emulator_server.gateway.bugs:
        sm_emulator_server.gateway.bugs.clear()
        raise bug


@pytest.fixture
def sagemaker_client(sm_emulator: Scenario) -> Any:
    """Make a boto3 client for SageMaker that meets this test's scenario."""
    return sm_emulator.client("sagemaker")


@pytest.fixture
def sagemaker_runtime_client(sm_emulator: Scenario) -> Any:
    """Make a boto3 client for SageMaker Runtime that meets this test's scenario."""
    return sm_emulator.client("sagemaker-runtime")


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
    """End the report of a failing test with the seed, the last calls as answered, and the findings."""
    report = yield
    scenario = item.stash.get(_SCENARIO, None)
    if report.failed and scenario is not None:
        report.sections.append(("sm-emulator", _told(scenario)))
    return report


def _told(scenario: Scenario) -> str:
    summary = scenario.summary()
    preset, clock = summary["consistency"]["preset"], summary["clock"]["mode"]
    begun = f"seed {summary['seed']}, preset {preset}, {clock} clock, account {scenario.account}"
    calls = map(_line, list(scenario.calls())[-_SHOWN:])
    findings = (f"{found.name}: {found.message}" for found in scenario.report().findings[:_SHOWN])
    return "\n".join([begun, *calls, *findings])


def _line(call: LogicalCall) -> str:
    """Tell of a call what its program met: its outcome, and what made it so."""
    attempts = f" in {len(call.attempts)} attempts" if len(call.attempts) > 1 else ""
    faults = dict.fromkeys(name for attempt in call.attempts for name in attempt.faults)
    made = [*(["a stale read"] if call.stale else []), *(f"fault {name}" for name in faults)]
    reason = f"  ({', '.join(made)})" if made else ""
    return f"{call.label}: {call.outcome}{attempts}{reason}"
