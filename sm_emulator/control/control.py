"""The verbs of an emulator."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_emulator.consistency.build import FAULT_PRESETS
from sm_emulator.control.scenario import Scenario
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.scenario.scenario import ScenarioConfig
from sm_emulator.scenario.scenarios import Scenarios
from sm_emulator.wire.call import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from sm_emulator.report.report import Report


@dataclass(frozen=True, slots=True)
class Control:
    """The verbs of an emulator. `settings` is a table for display.

    `url` returns the endpoint URL for clients; it raises RuntimeError unless the emulator serves. `new`
    is `Emulator.new_scenario`; `bugs` counts the requests that were answered InternalFailure. An account
    is 12 digits or "default"; another raises ConfigurationError.
    """

    scenarios: Scenarios
    url: Callable[[], str]
    new: Callable[..., Scenario]
    bugs: Callable[[], int]
    version: str
    seed: int
    settings: Sequence[Mapping[str, Any]]

    def scenario(self, account: str = DEFAULT_ACCOUNT) -> Scenario:
        """Return the scenario of an account, which this creates where there is none."""
        return Scenario(self.scenarios[_account(account)], self.url)

    def peek(self, account: str) -> Scenario:
        """Return the scenario of an account, or one as a request would create it, which is not kept."""
        return Scenario(self.scenarios.peek(_account(account)), self.url)

    def pin(self, account: str, config: ScenarioConfig | None = None) -> Scenario:
        """Return the scenario of an account, never to be evicted; with a `config`, a new one of it."""
        return Scenario(self.scenarios.pin(_account(account), config), self.url)

    def renew(
        self, account: str, *, settings: Mapping[str, Any] | None = None, **options: Any
    ) -> Scenario:
        """Replace the scenario of an account, as `Emulator.new_scenario` does; it may be evicted.

        Raises ConfigurationError, also for settings by which a client could run functions or read files.
        """
        for key in settings or {}:
            if key.partition(".")[0] == "models" and key != "models.required":
                message = "may name functions and files, so it is set only when the emulator starts"
                raise ConfigurationError(Problem(f"settings.{key}", message))
        self.new(account, settings=settings, **options)
        self.scenarios.unpin(_account(account))
        return self.scenario(account)

    def use_preset(self, account: str, name: str) -> Scenario:
        """Use the consistency and the faults that `--preset` stands for. Raises ConfigurationError."""
        scenario = self.scenario(account)
        of_faults = FAULT_PRESETS.get(name)
        scenario.use(of_faults.consistency["preset"] if of_faults else name)
        scenario.faults.replace(name if of_faults else [])
        return scenario

    def report(self, **options: Any) -> Report:
        """Return the report on the clients of all scenarios; for `options` see `build_report`."""
        from sm_emulator.report.report import report_of  # noqa: PLC0415  start-up must not wait for it

        entries = list(self.scenarios) or [self.scenarios.peek(DEFAULT_ACCOUNT)]
        evicted = self.scenarios.evicted
        return report_of([entry.state for entry in entries], evicted=evicted, **options)

    def all(self) -> list[Scenario]:
        """Return the existing scenarios."""
        return [Scenario(entry, self.url) for entry in self.scenarios]


def _account(name: str) -> str:
    account = DEFAULT_ACCOUNT if name == "default" else name
    if not re.fullmatch(r"[0-9]{12}", account):
        raise ConfigurationError(
            Problem("scenario", f'{name!r} is not an account id of 12 digits, nor "default"')
        )
    return account
