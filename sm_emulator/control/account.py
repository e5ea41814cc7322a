"""The scenario of an account together with the address at which programs meet it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sm_emulator.control import Scenario as _Scenario
from sm_emulator.control.clients import client, environment
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.wire import DEFAULT_REGION


class Scenario(_Scenario):
    """One isolated world, of one account, to be watched and moved, and clients that live in it."""

    def __init__(self, state: ScenarioState, url: Callable[[], str]) -> None:
        super().__init__(state)
        self._url = url

    @property
    def url(self) -> str:
        """The endpoint URL for clients. Raises RuntimeError unless the emulator serves."""
        return self._url()

    def client(self, service: str, **options: Any) -> Any:
        """Make a boto3 client whose requests meet this scenario; `options` go to `boto3.client`.

        The region is us-east-1 unless `options` names one by `region_name`.
        """
        return client(service, self.url, self.account, **options)

    def environment(self, region: str = DEFAULT_REGION) -> dict[str, str]:
        """Give the environment variables by which programs of another process meet this scenario."""
        return environment(self.url, self.account, region)
