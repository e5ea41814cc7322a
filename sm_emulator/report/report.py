"""The report: figures, findings, and the calls that they are about."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from math import inf
from typing import Any

from sm_emulator.journal.calls import Calls, group
from sm_emulator.journal.exchange import Exchange
from sm_emulator.report import page, text
from sm_emulator.report.finding import FINDINGS, Finding, find
from sm_emulator.report.summary import Summary, summarize
from sm_emulator.report.trace import MAX_ATTEMPTS, RetryChain, Run, Trace, retry_chains
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.schedule.fit import effects


@dataclass(frozen=True)
class Report:
    """How a client retried.

    `operations` holds figures by operation, `findings` what the client did wrong. `about` describes the
    emulator: version, seed, preset, names of the active fault rules, causes of the schedule, how
    many requests the journal has `dropped`, how many scenarios were `evicted` with all their requests,
    and if outcomes depend on real time (`timed`). `run` is the command that the emulator ran for, None
    where it ran for none.
    """

    about: Mapping[str, Any]
    operations: list[Summary]
    findings: list[Finding]
    retry_chains: list[RetryChain]
    virtual: bool
    run: Run | None = None

    @property
    def ok(self) -> bool:
        """Whether there is no finding."""
        return not self.findings

    def __contains__(self, name: str) -> bool:
        return any(finding.name == name for finding in self.findings)

    def as_text(self, *, colour: bool = False) -> str:
        """Return it as text, with the colour escapes of terminals if `colour`."""
        return text.write(self.as_json(), colour=colour)

    def as_html(self) -> str:
        """Return it as one self-contained page, with a timeline."""
        return page.write(self.as_json())

    def as_junit(self) -> str:
        """Return it as JUnit XML: a test case for each type of finding."""
        return page.junit(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """Return all of it as a JSON document."""
        offsets = _offsets(self.retry_chains, virtual=self.virtual)

        def rows(attempts: Sequence[Exchange]) -> list[dict[str, Any]]:
            return [{**a.as_json(), "offset": offsets[a.request_id]} for a in attempts]

        return {
            **self.about,
            "run": asdict(self.run) if self.run else None,
            "ok": self.ok,
            "duration": max(offsets.values(), default=0.0),
            "operations": [asdict(summary) for summary in self.operations],
            "findings": [
                _members(each, "name", "message", "advice", "operation", "resource", "session")
                | {"calls": list(each.calls), "evidence": rows(each.evidence)}
                for each in self.findings
            ],
            "retry_chains": [
                _members(chain.last, "operation", "resource", "session", "outcome", "succeeded")
                | {
                    "calls": [
                        _members(call, "id", "waited")
                        | {"waits": list(call.waits), "by_sdk": bool(call.last.invocation)}
                        | {"attempts": rows(call.attempts)}
                        for call in chain.calls
                    ]
                }
                for chain in self.retry_chains
            ],
            "finding_types": [_members(kind, "name", "summary", "advice") for kind in FINDINGS.values()],
        }


def report_of(
    scenarios: Sequence[ScenarioState],
    evicted: int = 0,
    since: float = -inf,
    until: float = inf,
    **options: Any,
) -> Report:
    """Return the report on one scenario or more, all of one emulator, which has `evicted` others.

    It is about the requests from `since` to `until`, in seconds since 1970 by the scenario's clock. For
    `options` see build_report.
    """
    first = scenarios[0]
    with first.lock:
        faults = [active.rule.name for active in first.faults]
        schedule = effects(first.script) if first.script else []
        timed = any(rule.lag for rule in first.store.consistency.rules)
    about = {
        "version": version("sm-emulator"),
        "seed": first.seed,
        "preset": first.preset,
        "faults": faults,
        "schedule": schedule,
        "clock": first.clock.mode,
        "timed": timed and first.clock.mode == "real",
        "scenarios": [scenario.account for scenario in scenarios],
        "dropped": sum(scenario.journal.dropped for scenario in scenarios),
        "evicted": evicted,
    }
    virtual = first.clock.mode == "virtual"
    one_program = options.get("run") is not None
    journals = [[e for e in scenario.journal if since <= e.at < until] for scenario in scenarios]
    calls = [group(journal, virtual=virtual, one_program=one_program) for journal in journals]
    return build_report(calls, about, virtual=virtual, **options)


def build_report(
    scenarios: Sequence[Calls],
    about: Mapping[str, Any],
    *,
    virtual: bool = False,
    max_attempts: int = MAX_ATTEMPTS,
    all_services: bool = False,
    run: Run | None = None,
    tests: Sequence[Calls] = (),
) -> Report:
    """Return the report on the calls of some scenarios, each of which is checked separately.

    Findings are about hosting's operations, with `all_services` also about those of other services.
    `virtual` says that the times `at` are of a virtual clock. `run` is the command that made the calls;
    `tests` are calls of its tests, whose failures and resources are not those of the command.
    """
    chains = [chain for calls in [*scenarios, *tests] for chain in retry_chains(calls)]
    chains.sort(key=lambda chain: chain.attempts[0].wall)
    made = [*((calls, run) for calls in scenarios), *((calls, None) for calls in tests)]
    # A call to another service is named "service:operation"
    checked = [
        (Calls(c for c in calls if all_services or (c.operation and ":" not in c.operation)), by)
        for calls, by in made
    ]
    traces = [Trace(calls, max_attempts, by) for calls, by in checked if calls]
    if run and not traces and not any(tests):  # tests may be of other services only
        traces = [Trace(Calls(()), max_attempts, run, [call for calls in scenarios for call in calls])]
    findings = [finding for trace in traces for finding in find(trace)]
    findings.sort(key=lambda finding: list(FINDINGS).index(finding.name))
    return Report(about, summarize(chains), findings, chains, virtual, run)


def _members(item: object, *names: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names}


def _offsets(chains: Sequence[RetryChain], *, virtual: bool) -> dict[str, float]:
    """Return the arrival of each request by id, in seconds since the first.

    On a virtual clock that a program advances in place of sleeping, the larger of both differences.
    """
    attempts = sorted((a for chain in chains for a in chain.attempts), key=lambda a: a.wall)
    offset, offsets = 0.0, {}
    for before, attempt in zip(attempts[:1] + attempts, attempts, strict=False):
        offset += max(attempt.wall - before.wall, attempt.at - before.at if virtual else 0.0)
        offsets[attempt.request_id] = offset
    return offsets
