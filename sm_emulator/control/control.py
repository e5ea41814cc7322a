"""The verbs of an emulator."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_emulator.control.scenario import Scenario
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.scenario.scenario import Scenarios
from sm_emulator.wire import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from sm_emulator.report import Report


@dataclass(frozen=True, slots=True)
class Control:
    """The verbs of an emulator. `settings`, `operations` and `presets` are tables for people."""

    scenarios: Scenarios
    version: str
    seed: int
    settings: Sequence[Mapping[str, Any]]
    operations: Sequence[Mapping[str, Any]]
    presets: Sequence[Mapping[str, Any]]

    def scenario(self, account: str = DEFAULT_ACCOUNT) -> Scenario:
        """Get the scenario of an account, which makes it where there is none.

        Raises ConfigurationError where `account` is not 12 digits nor "default".
        """
        if account == "default":
            account = DEFAULT_ACCOUNT
        if not re.fullmatch(r"[0-9]{12}", account):
            raise ConfigurationError(
                Problem("scenario", f'{account!r} is not an account id of 12 digits, or "default"')
            )
        return Scenario(self.scenarios[account])

    def report(self, *, max_attempts: int = 10) -> Report:
        """Tell how the clients of all scenarios retried; see `Scenario.report`."""
        from sm_emulator.control.retries import report_of  # noqa: PLC0415  start-up must not wait for it

        worlds = list(self.scenarios) or [self.scenarios[DEFAULT_ACCOUNT]]
        return report_of(worlds, max_attempts)

    def all(self) -> list[Scenario]:
        """List the scenarios there are."""
        return [Scenario(world) for world in self.scenarios]
