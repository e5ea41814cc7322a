"""The fixtures."""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from sm_emulator.pytest_plugin import isolation
from sm_emulator.pytest_plugin.outcome import REFUSED, SCENARIO, properties
from sm_emulator.pytest_plugin.trial import TRIAL

if TYPE_CHECKING:
    from sm_emulator import Emulator, Scenario

# Every test has its own account, so tests may use the same names. Each worker of xdist has a server.
accounts = map(str, itertools.count(100_000_000_001))
# The server of the tests has a free port of loopback
_NOT_OURS = ("SM_EMULATOR_SERVER_", "SM_EMULATOR_HOST", "SM_EMULATOR_PORT")


@pytest.fixture(scope="session")
def sm_emulator_server(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """Return the emulator of this session, or of this worker of xdist."""
    from sm_emulator import Emulator  # noqa: PLC0415  keeps the plugin cheap
    from sm_emulator.control import handover  # noqa: PLC0415

    files = [os.environ.get("SM_EMULATOR_CONFIG"), *pytestconfig.getini("sm_emulator_config")]
    with _without_traceback("sm-emulator"):
        emulator = Emulator(
            preset=pytestconfig.getoption("--sm-emulator-preset"),
            seed=pytestconfig.getoption("--sm-emulator-seed"),
            reproducible=pytestconfig.getoption("--sm-emulator-reproducible"),
            config=next(filter(None, files), None),
            settings=handover.offered(),
            environment={k: v for k, v in os.environ.items() if not k.startswith(_NOT_OURS)},
        )
    with emulator:
        yield emulator


@pytest.fixture
def sm_emulator(request: pytest.FixtureRequest, sm_emulator_server: Emulator) -> Iterator[Scenario]:
    """Return a new scenario, with the settings of the test's closest `sm_emulator` marker."""
    from inspect import signature  # noqa: PLC0415  keeps the plugin cheap

    from sm_emulator.control import handover  # noqa: PLC0415
    from sm_emulator.virtual_sleep import seeded_random, virtual_sleep  # noqa: PLC0415

    marker = request.node.get_closest_marker("sm_emulator")
    options: dict[str, Any] = {**getattr(request, "param", {}), **(marker.kwargs if marker else {})}
    with _without_traceback("marker sm_emulator"):
        if marker and marker.args:
            raise TypeError(f"{marker.args[0]!r} needs a name, as in preset={marker.args[0]!r}")
        if trial := request.node.stash.get(TRIAL, None):
            options = trial.options(options)
        reproducible = _is_reproducible(options, sm_emulator_server)
        virtual = reproducible and options.get("clock") != "real"
        sleep = options.pop("sleep", "virtual" if virtual else "real")
        if sleep not in {"real", "virtual"}:
            raise ValueError(f"sleep={sleep!r} is neither 'real' nor 'virtual'")
        if sleep == "virtual" and options.setdefault("clock", "virtual") != "virtual":
            raise ValueError(f"sleep='virtual' needs clock='virtual', not {options['clock']!r}")
        check_names(options, ["sleep", *list(signature(sm_emulator_server.new_scenario).parameters)[1:]])
        account = trial.account if trial else next(accounts)
        scenario = sm_emulator_server.new_scenario(account, **options)
    request.node.stash[SCENARIO] = scenario
    with (
        virtual_sleep(scenario.clock.advance) if sleep == "virtual" else nullcontext(),
        seeded_random(scenario.summary()["seed"]) if reproducible else nullcontext(),
    ):
        yield scenario
    if trial is None or trial.shown:
        handover.record(scenario)
        request.node.user_properties += properties(scenario)
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


@pytest.fixture
def sm_emulator_environment(
    request: pytest.FixtureRequest, sm_emulator: Scenario
) -> Iterator[Mapping[str, str]]:
    """Let code that makes its own clients reach this test's scenario, and nothing beyond loopback.

    Return the environment variables that say so.
    """
    from sm_emulator.control.clients import environment_for  # noqa: PLC0415  keeps the plugin cheap

    variables = environment_for(sm_emulator.url, sm_emulator.account, os.environ)
    with isolation.isolated(variables) as refused:
        request.node.stash[REFUSED] = refused
        yield variables


class Autouse:
    """The plugin of `sm_emulator_autouse = true`."""

    @pytest.fixture(autouse=True)
    def _sm_emulator_autouse(self, sm_emulator_environment: Mapping[str, str]) -> None:
        """Use the fixture in every test."""


def _is_reproducible(options: Mapping[str, Any], server: Emulator) -> bool:
    settings = options.get("settings") or {}
    given = (options.get("reproducible"), settings.get("reproducible"), server.settings["reproducible"])
    return bool(next(value for value in given if value is not None))


def check_names(options: Iterable[str], known: Collection[str]) -> None:
    """Raise TypeError for an argument of a marker that does not exist."""
    from sm_emulator.values import did_you_mean  # noqa: PLC0415  keeps the plugin cheap

    for name in options:
        if name not in known:
            hint = did_you_mean(name, known)
            raise TypeError(f"there is no argument {name!r}{hint}; allowed: {', '.join(sorted(known))}")


@contextmanager
def _without_traceback(source: str) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError) as error:
        raise pytest.fail.Exception(f"{source}: {error}", pytrace=False) from None
