"""The plugin for pytest: a server for each session, and a scenario for each test.

Importing it imports only pytest; its fixtures import the emulator.
"""

from collections.abc import Generator

import pytest

from sm_emulator.pytest_plugin import options
from sm_emulator.pytest_plugin.fixtures import Autouse
from sm_emulator.pytest_plugin.fixtures import sagemaker_client as sagemaker_client
from sm_emulator.pytest_plugin.fixtures import sagemaker_runtime_client as sagemaker_runtime_client
from sm_emulator.pytest_plugin.fixtures import sagemaker_truth as sagemaker_truth
from sm_emulator.pytest_plugin.fixtures import sm_emulator as sm_emulator
from sm_emulator.pytest_plugin.fixtures import sm_emulator_environment as sm_emulator_environment
from sm_emulator.pytest_plugin.fixtures import sm_emulator_server as sm_emulator_server
from sm_emulator.pytest_plugin.options import pytest_addoption as pytest_addoption
from sm_emulator.pytest_plugin.options import pytest_generate_tests as pytest_generate_tests
from sm_emulator.pytest_plugin.outcome import SCENARIO, Totals, refusal_of, show


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, the totals, and the fixture for all tests where the ini file says so."""
    config.addinivalue_line("markers", options.MARKER)
    config.pluginmanager.register(Totals(), "sm_emulator_totals")
    if config.getini("sm_emulator_autouse"):
        config.pluginmanager.register(Autouse(), "sm_emulator_autouse")
    config.stash[options.FAIL_ON] = options.fail_on(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test that passed where it left loopback, or did what `--sm-emulator-fail-on` names."""
    yield
    if reason := refusal_of(item):
        pytest.fail(reason, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the seed, the last calls and the findings to the report of a test that made calls."""
    report = yield
    if scenario := item.stash.get(SCENARIO, None):
        show(report, scenario)
    return report
