"""The verbs of a scenario."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any

from sm_emulator.config.validation import validate_part
from sm_emulator.consistency.build import resolve
from sm_emulator.consistency.validation import unreachable_rules
from sm_emulator.control.clients import client, environment
from sm_emulator.control.clock import ScenarioClock
from sm_emulator.control.faults import ActiveFault, ScenarioFaults
from sm_emulator.control.inspection import inspect
from sm_emulator.control.schedule import ScenarioSchedule, follow
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.journal.calls import Calls, group
from sm_emulator.journal.journal import Entries
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.scenario.scenarios import ScenarioEntry
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.wire.call import DEFAULT_REGION, OBSERVER

if TYPE_CHECKING:
    from sm_emulator.report.report import Report

# A million late writes have eight million rows
_MOST_PENDING = 10_000


@dataclass(frozen=True, eq=False)  # or `scenario.consistency = …` would replace the verb
class Scenario:
    """One isolated scenario: its verbs, its `clock` and `faults`, and clients whose requests reach it.

    `account` is the 12 digits that select it, as access key id.
    """

    _entry: ScenarioEntry = field(repr=False)
    _url: Callable[[], str] = field(repr=False)
    account: str = field(init=False)
    clock: ScenarioClock = field(init=False, repr=False)
    faults: ScenarioFaults = field(init=False, repr=False)

    def __post_init__(self) -> None:
        vars(self).update(
            account=self._state.account,
            clock=ScenarioClock(self._entry),
            faults=ScenarioFaults(self._entry),
        )

    @property
    def _state(self) -> ScenarioState:
        return self._entry.state

    @property
    def url(self) -> str:
        """The endpoint URL for clients. Raises RuntimeError unless the emulator serves."""
        return self._url()

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client whose requests reach this scenario; `options` go to `boto3.client`.

        The region is us-east-1 unless `options` has a `region_name`.
        """
        return client(service, self.url, self.account, **options)

    @cached_property
    def truth(self) -> Any:
        """A boto3 client for SageMaker that observes, for the assertions of a test.

        It reads what the leader holds, without faults, is not in the journal, and cannot write.
        """
        return self.client("sagemaker", aws_session_token=OBSERVER)

    def environment(self, region: str = DEFAULT_REGION) -> dict[str, str]:
        """Return the environment variables by which other processes reach this scenario."""
        return environment(self.url, self.account, region)

    def fault(self, fault: str, **settings: Any) -> ActiveFault:
        """Inject a fault, until the end of a `with`, a `remove` or a reset.

        `fault` is error, throttle, latency, reset, close, truncate, stall, malformed, content-type or
        no-request-id. `settings` are those of a rule in the configuration file, without its tables
        match, when and effect; write `from_` and `pass_` for from and pass. The rule comes after the
        existing ones; its name is that of the fault unless a `name` is given. An invalid setting raises
        ConfigurationError and changes nothing, a taken name ConflictError.

            with scenario.fault("throttle", operation="CreateEndpoint", times=2) as throttled:
                ...
            assert throttled.acted == 2
        """
        return self.faults.set(fault, settings)

    def consistency(self, wanted: str | Mapping[str, Any]) -> None:
        """Use a preset by its name, or a `consistency` table as in the configuration file.

        Existing writes keep their visibility. Warns of rules that can never match. Raises
        ConfigurationError, and changes nothing, where there is no such preset or the table is invalid.
        """
        for problem in self.use(wanted):
            warnings.warn(problem, stacklevel=2)

    def use(self, wanted: str | Mapping[str, Any]) -> list[str]:
        """Do as `consistency` does, and return the warnings."""
        table = {"preset": wanted} if isinstance(wanted, str) else wanted
        validate_part(table, "consistency")
        self._state.use(table)
        return self._unreachable_rules()

    def schedule(self, wanted: Schedule | str | Mapping[str, Any], **options: Any) -> ScenarioSchedule:
        """Put a schedule in force, as an object, text or file; see ScenarioSchedule for `options`.

        It replaces any other. From now on a read is late, a request fails and an operation ends as the
        schedule says, and otherwise not: reads return the newest version, fault rules still act. Raises
        ConfigurationError, and changes nothing, where the text or the file is invalid.

            with scenario.schedule("CreateEndpoint(ep)#1 late EndpointConfig(cfg) x3") as schedule:
                deploy()
            assert schedule.points
        """
        return follow(self._state, wanted, **options)

    def active_schedule(self) -> ScenarioSchedule:
        """Return the schedule in force. Raises NotFoundError where there is none."""
        return ScenarioSchedule.active(self._state)

    def seed(self, seed: int) -> None:
        """Draw from `seed` from now on. Raises ConfigurationError unless it is from 0 to 2^63-1."""
        if type(seed) is not int or not 0 <= seed < 2**63:
            raise ConfigurationError(Problem("seed", f"{seed!r} is not a whole number from 0 to 2^63-1"))
        with self._state.current_store() as store:
            store.seed = seed

    def settle(self) -> None:
        """Make every write visible everywhere, now."""
        with self._state.current_store() as store:
            store.settle()

    def reset(self) -> None:
        """Return to the initial state: empty, with the first seed, consistency, faults and clock.

        A request under way ends in the state in which it began.
        """
        self._entry.reset()

    def pending(self) -> list[dict[str, Any]]:
        """Return the writes that are not yet visible everywhere: of which resource, where, until when.

        `until` is in seconds since 1970 (None: until it was read `reads` times); `replica` is None
        where no replica shows it. Of more than 10,000 rows these are the first.
        """
        with self._state.current_store() as store:
            pending = store.pending()
        rows = (item._asdict() for item in islice(pending, _MOST_PENDING))
        return [{**row.pop("key")._asdict(), **row} for row in rows]

    def resource(
        self, type_: str, name: str, *, region: str = DEFAULT_REGION, operation: str | None = None
    ) -> dict[str, Any]:
        """Return what the leader holds, and by surface what each replica would return now.

        `operation` is whose reads are meant; by default Describe, List and the create that loads the
        resource. Nothing is counted as a read. Raises ConfigurationError for an unknown `type_`.
        """
        with self._state.current_store() as store:
            return inspect(store, type_, name, region, operation)

    def history(self) -> dict[str, Any]:
        """Return all writes, and the reads while rules were in force, oldest first, for the checker.

        `dropped` counts the events before those: `history.limit` are kept, `history.max_bytes` of them.
        """
        from sm_emulator.control.history import to_json  # noqa: PLC0415  start-up must not wait for it

        with self._state.current_store() as store:
            dropped, events = store.history.dropped, store.history.snapshot()
        return {"dropped": dropped, "events": [to_json(event) for event in events]}

    def check(self, session: Sequence[str] | None = None) -> dict[str, Any]:
        """Check the history against the guarantees in force, or those of `session` instead.

        Returns `ok`, the number of `events`, and of those `dropped` before them, and the first
        `violation`, None where there is none. Raises ConfigurationError for an unknown guarantee.
        """
        from sm_emulator.control.history import verdict  # noqa: PLC0415  start-up must not wait for it

        with self._state.current_store() as store:
            dropped, events = store.history.dropped, store.history.snapshot()
        return verdict(events, session, dropped)

    def journal(self, **filters: Any) -> Entries:
        """Return the recorded requests and their outcomes, oldest first.

        `filters` are globs over `operation` and `resource`, an HTTP `status`, and a time `since`, in
        seconds since 1970 by the scenario's clock. `limit` is the largest number to return; `after`
        skips the first ones, as `next` of the previous page says; `last` is how many of the newest.
        """
        return self._state.journal.entries(**filters)

    def clear_journal(self) -> None:
        """Remove the recorded requests."""
        self._state.journal.clear()

    def calls(self, operation: str = "*", resource: str = "*") -> Calls:
        """Return the logical calls of the requests in the journal, oldest first; both are globs."""
        return group(self._state.journal, virtual=self.clock.mode == "virtual").of(operation, resource)

    def report(
        self, *, max_attempts: int = 10, all_services: bool = False, since: float = 0, until: float = inf
    ) -> Report:
        """Return the report on the client's retries: figures by operation, and findings.

        More than `max_attempts` attempts at one call are a finding. They are about SageMaker hosting,
        with `all_services` also about other services. `since` and `until` select the requests from one
        time to another, in seconds since 1970 by the scenario's clock.
        """
        from sm_emulator.report.report import report_of  # noqa: PLC0415  start-up must not wait for it

        return report_of(
            [self._state], 0, since, until, max_attempts=max_attempts, all_services=all_services
        )

    def _unreachable_rules(self) -> list[str]:
        return [str(problem) for problem in unreachable_rules(resolve(self._state.consistency))]

    def summary(self) -> dict[str, Any]:
        """Return the scenario's figures and settings; `pending` counts the rows of `pending()`."""
        warnings = [*self._unreachable_rules(), *self.faults.unreachable_rules()]
        with self._state.current_store() as store:
            summary: dict[str, Any] = {
                "id": self.account,
                "resources": len(store),
                "requests": len(self._state.journal),
                "dropped": self._state.journal.dropped,
                "evicted": self._state.evicted,
                "pending": store.pending(),
                "clock": {"mode": self.clock.mode, "now": self.clock.now},
                "seed": store.seed,
                "preset": self._state.preset,
                "consistency": resolve(self._state.consistency),
                "faults": [active.rule.name for active in self._state.faults],
                "schedule": str(script.schedule) if (script := self._state.script) else None,
                "warnings": warnings,
            }
        return {**summary, "pending": sum(1 for _ in islice(summary["pending"], _MOST_PENDING))}
