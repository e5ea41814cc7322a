"""Running a function of this process under schedules, on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from sm_emulator.control.scenario import Scenario
from sm_emulator.emulator import Emulator
from sm_emulator.explore.end_state import SETTINGS, settled
from sm_emulator.explore.run import Run
from sm_emulator.explore.trial import Limits, run_in
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.virtual_sleep import virtual_sleep

_ACCOUNT = "100000000016"
Program = Callable[[Scenario], object]
Guarantees = tuple[str, ...]


class _Preparing(Scenario):
    """The scenario that `prepare` gets: nothing fails there, so all runs can share its clients."""

    def __init__(self, scenario: Scenario, clients: dict[str, Any]) -> None:
        vars(self).update(vars(scenario), clients=clients)

    def client(self, service: str, **options: Any) -> Any:
        if options:
            return super().client(service, **options)
        clients = vars(self)["clients"]
        if service not in clients:
            clients[service] = super().client(service)
        return clients[service]


class InProcess:
    """Runs `program` with the scenario of an account of `emulator`, new for each run.

    `prepare` creates what exists before, which is settled. A read can be late for `max_lag` seconds.
    `settings` are those of the scenario, `session` the session guarantees in force. `raised` is what the
    program raised in the last run.
    """

    def __init__(
        self,
        program: Program,
        emulator: Emulator,
        *,
        prepare: Program | None = None,
        max_lag: float = 5.0,
        settings: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        session: Guarantees = (),
    ) -> None:
        self._program, self._emulator, self._prepare = program, emulator, prepare
        self._max_lag, self._settings, self._limits = max_lag, settings or {}, limits or Limits()
        self._session = session
        self.raised: BaseException | None = None
        self._clients: dict[str, Any] = {}

    def __call__(self, schedule: Schedule) -> Run:
        """Run the program under a schedule; after a crash, once more."""
        run, self.raised = run_in(
            self._begin(), schedule, self._program, max_lag=self._max_lag, limits=self._limits
        )
        return run

    def under(self, *session: str) -> InProcess:
        """Return the same under session guarantees."""
        other = copy(self)
        other._session = session  # noqa: SLF001  its own class
        return other

    def _begin(self) -> Scenario:
        """Return the scenario of a new run, with what exists before."""
        scenario = self._emulator.new_scenario(
            _ACCOUNT, preset="strong", clock="virtual", settings={**SETTINGS, **self._settings}
        )
        if self._prepare is not None:
            with virtual_sleep(scenario.clock.advance):
                self._prepare(_Preparing(scenario, self._clients))
            settled(scenario)
            scenario.clear_journal()
        scenario.consistency({"session": list(self._session)})
        return scenario
