"""What can be done to a scenario beside calling it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sm_emulator.config.validation import validate_consistency
from sm_emulator.consistency.build import resolve
from sm_emulator.consistency.validation import unreachable_rules
from sm_emulator.control.clock import ScenarioClock
from sm_emulator.control.faults import ActiveFault, ScenarioFaults
from sm_emulator.control.inspection import inspect
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.journal import Calls, Entries, JournalFilter, group
from sm_emulator.operations import catch_up
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.store import Store
from sm_emulator.wire import DEFAULT_REGION

if TYPE_CHECKING:
    from sm_emulator.report import Report


class Scenario:
    """One isolated world, of one account, to be watched and moved."""

    def __init__(self, state: ScenarioState) -> None:
        self._state = state

    @property
    def account(self) -> str:
        """The 12 digits that requests reach it by, as access key id."""
        return self._state.account

    @property
    def clock(self) -> ScenarioClock:
        """Its clock."""
        return ScenarioClock(self._state)

    @property
    def faults(self) -> ScenarioFaults:
        """Its fault rules."""
        return ScenarioFaults(self._state)

    def fault(self, fault: str, **settings: Any) -> ActiveFault:
        """Let something go wrong, until the end of a `with`, a `remove` or a reset.

        `fault` is error, throttle, latency, reset, close, truncate, stall, malformed, content-type or
        no-request-id. `settings` are those of a rule in the configuration file, side by side, whether
        they stand under match, when or effect there; `from_` and `pass_` are spelled so. The rule comes
        after those there are; its name is that of the fault unless a `name` is given. Raises
        ConfigurationError, and changes nothing, where that makes no sense; ConflictError where the name
        is taken.

            with scenario.fault("throttle", operation="CreateEndpoint", times=2) as throttled:
                ...
            assert throttled.acted == 2
        """
        return self.faults.set(fault, settings)

    def consistency(self, wanted: str | Mapping[str, Any]) -> None:
        """Use a preset by its name, or a `consistency` table as in the configuration file.

        What is already written keeps its visibility. Warns of rules that can never match. Raises
        ConfigurationError, and changes nothing, where there is no such preset or the table makes no
        sense.
        """
        for problem in self.use(wanted):
            warnings.warn(problem, stacklevel=2)

    def use(self, wanted: str | Mapping[str, Any]) -> list[str]:
        """Do as `consistency` does, and give what it warns of."""
        table = {"preset": wanted} if isinstance(wanted, str) else wanted
        validate_consistency(table)
        with self._state.lock:
            self._store()  # what has fallen due happened under what was in force then
            self._state.use(table)
        return self._in_vain()

    def seed(self, seed: int) -> None:
        """Draw from `seed` from now on. Raises ConfigurationError where it is no such number."""
        if type(seed) is not int or not 0 <= seed < 2**63:
            raise ConfigurationError(Problem("seed", f"{seed!r} is not a whole number from 0 to 2^63-1"))
        with self._state.lock:
            self._store().seed = seed

    def settle(self) -> None:
        """Make everything that was written visible everywhere, now."""
        with self._state.lock:
            self._store().settle()

    def reset(self) -> None:
        """Return to the start-up state: empty, with the first seed, consistency, faults and clock."""
        self._state.reset()

    def pending(self) -> list[dict[str, Any]]:
        """List what is not yet visible: of which resource, where, and until when.

        `until` is in seconds since 1970 (None: held for a number of reads, `reads`); `replica` is
        None where no replica shows it.
        """
        with self._state.lock:
            return [
                {
                    "region": item.key.region,
                    "type": item.key.type,
                    "name": item.key.name,
                    "write": item.kind,
                    "committed": item.committed,
                    "surface": item.surface,
                    "replica": item.replica,
                    "until": item.until,
                    "reads": item.reads,
                    "rule": item.rule,
                }
                for item in self._store().pending()
            ]

    def resource(
        self,
        type_: str,
        name: str,
        *,
        region: str = DEFAULT_REGION,
        operation: str | None = None,
    ) -> dict[str, Any]:
        """Tell what each replica would answer now, by surface, and what the leader holds.

        `operation` names whose reads are meant, where rules tell operations apart; else Describe, List
        and the create that loads the resource. This is no read: nothing is counted. Raises
        ConfigurationError for a `type_` that there is not.
        """
        with self._state.lock:
            return inspect(self._store(), type_, name, region, operation)

    def history(self) -> dict[str, Any]:
        """Give what was written and read while rules were in force, oldest first, for the checker.

        `dropped` counts the events before those: the last 100,000 are kept.
        """
        from sm_emulator.control.history import to_json  # noqa: PLC0415  start-up must not wait for it

        with self._state.lock:
            history = self._store().history
            return {"dropped": history.dropped, "events": [to_json(event) for event in history]}

    def check(self, session: Sequence[str] | None = None) -> dict[str, Any]:
        """Check the history against the guarantees in force, or those of `session` instead.

        Gives `ok`, the number of `events` and the first `violation`, None where there is none. Raises
        ConfigurationError for a guarantee that there is not.
        """
        from sm_emulator.control.history import verdict  # noqa: PLC0415  start-up must not wait for it

        with self._state.lock:
            return verdict(self._store().history, session)

    def journal(
        self,
        *,
        operation: str = "*",
        resource: str = "*",
        status: int | None = None,
        since: float | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Entries:
        """Give the requests that came and what became of them, oldest first.

        `operation` and `resource` are globs, `status` an HTTP status, `since` a time in seconds since
        1970 by the scenario's clock. `limit`: at most so many; `after`: those behind the so many first,
        which is what `next` of the page before says.
        """
        return self._state.journal.entries(
            JournalFilter(operation, resource, status, since), after, limit
        )

    def clear_journal(self) -> None:
        """Forget the requests that came so far."""
        self._state.journal.clear()

    def calls(self, operation: str = "*", resource: str = "*") -> Calls:
        """Give the logical calls that the requests in the journal were attempts at, oldest first.

        `operation` and `resource` are globs. An SDK's attempts at one call share an id; where a client
        sends none, what follows a failure of the same session, operation and resource within 30 seconds
        counts as another attempt.
        """
        return group(self._state.journal, virtual=self.clock.mode == "virtual").of(operation, resource)

    def report(self, *, max_attempts: int = 10) -> Report:
        """Tell how the client retried: figures by operation, and what it did wrong.

        More than `max_attempts` at one thing are too many.
        """
        from sm_emulator.control.retries import report_of  # noqa: PLC0415  start-up must not wait for it

        return report_of([self._state], max_attempts)

    def _store(self) -> Store:
        """Get the store, in which everything that has fallen due has happened."""
        catch_up(self._state.store, self._state.schedule, self._state.clock())
        return self._state.store

    def _in_vain(self) -> list[str]:
        return [str(problem) for problem in unreachable_rules(resolve(self._state.consistency))]

    def summary(self) -> dict[str, Any]:
        """Tell what the scenario holds and how it is set."""
        with self._state.lock:
            return {
                "id": self.account,
                "resources": len(self._store()),
                "requests": len(self._state.journal),
                "pending": sum(1 for _ in self._store().pending()),
                "clock": {"mode": self.clock.mode, "now": self.clock.now},
                "seed": self._store().seed,
                "consistency": resolve(self._state.consistency),
                "faults": [active.rule.name for active in self._state.faults],
                "warnings": [*self._in_vain(), *self.faults.unreachable_rules()],
            }
