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
from sm_emulator.pytest_plugin.trial import TRIAL


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, the totals, and the fixture for all tests where the ini file says so."""
    config.addinivalue_line("markers", options.MARKER)
    config.addinivalue_line("markers", options.EXPLORE_MARKER)
    config.pluginmanager.register(Totals(), "sm_emulator_totals")
    if config.getini("sm_emulator_autouse"):
        config.pluginmanager.register(Autouse(), "sm_emulator_autouse")
    config.stash[options.FAIL_ON] = options.fail_on(config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test that has the marker `sm_explore` under every schedule, and report it once."""
    marker = item.get_closest_marker("sm_explore")
    if marker is None or not isinstance(item, pytest.Function):
        return None
    from sm_emulator.pytest_plugin.exploration import explored  # noqa: PLC0415  keeps the plugin cheap

    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in explored(item, marker, nextitem):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tear down what tests before have set up, or each run of the same test would differ."""
    if trial := item.stash.get(TRIAL, None):
        if trial.refused:
            pytest.fail(trial.refused, pytrace=False)
        item.session._setupstate.teardown_exact(None)  # noqa: SLF001  pytest has no public way


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test that passed where it left loopback, or did what `--sm-emulator-fail-on` names."""
    yield
    if reason := refusal_of(item, explored=TRIAL in item.stash):
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
