"""The report: figures, findings, and the calls that they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from sm_emulator.journal import Calls, Exchange
from sm_emulator.report import findings as _registered  # noqa: F401  the kinds register themselves
from sm_emulator.report.finding import FINDINGS, Finding, find
from sm_emulator.report.retry_chain import RetryChain
from sm_emulator.report.story import MOST_ATTEMPTS, Story
from sm_emulator.report.summary import Summary, summarize


@dataclass(frozen=True)
class Report:
    """How a client retried.

    `operations` are figures by operation, `findings` what the client did wrong. `about` tells of the
    emulator: version, seed, preset, names of the fault rules in force, and how many requests the
    journal had `dropped`.
    """

    about: Mapping[str, Any]
    operations: list[Summary]
    findings: list[Finding]
    efforts: list[RetryChain]
    virtual: bool

    @property
    def ok(self) -> bool:
        """Tell whether there is no finding."""
        return not self.findings

    def __contains__(self, name: str) -> bool:
        return any(finding.name == name for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Give all of it as a document for machines."""
        return self._document

    def as_text(self, *, colour: bool = False) -> str:
        """Write it for people; `colour` by the escapes of terminals."""
        from sm_emulator.report.text import write  # noqa: PLC0415  only who asks pays for it

        return write(self._document, colour=colour)

    def as_html(self) -> str:
        """Write it as one page that needs nothing else, with a timeline."""
        from sm_emulator.report.page import write  # noqa: PLC0415  imports jinja2

        return write(self._document)

    def as_junit(self) -> str:
        """Write it as JUnit XML: a test case for each kind of finding."""
        from sm_emulator.report.junit import write  # noqa: PLC0415  only who asks pays for it

        return write(self._document)

    @cached_property
    def _document(self) -> dict[str, Any]:
        offsets = _offsets(self.efforts, virtual=self.virtual)
        return {
            **self.about,
            "ok": self.ok,
            "duration": max(offsets.values(), default=0.0),
            "operations": [asdict(summary) for summary in self.operations],
            "findings": [_finding(finding, offsets) for finding in self.findings],
            "efforts": [_effort(effort, offsets) for effort in self.efforts],
            "kinds": [
                {"name": kind.name, "summary": kind.summary, "advice": kind.advice}
                for kind in FINDINGS.values()
            ],
        }


def tell(
    scenarios: Sequence[Calls],
    about: Mapping[str, Any],
    *,
    virtual: bool = False,
    most_attempts: int = MOST_ATTEMPTS,
) -> Report:
    """Make the report of the calls of some scenarios; those of one never explain another's.

    `virtual` tells that the times `at` are of a virtual clock.
    """
    stories = [Story(calls, most_attempts) for calls in scenarios]
    efforts = [effort for story in stories for effort in story.efforts]
    efforts.sort(key=lambda effort: effort.attempts[0].wall)
    findings = [finding for story in stories for finding in find(story)]
    findings.sort(key=lambda finding: list(FINDINGS).index(finding.name))
    return Report(about, summarize(efforts), findings, efforts, virtual)


def _offsets(efforts: Sequence[RetryChain], *, virtual: bool) -> dict[str, float]:
    """Tell for each request when it came, in seconds since the first.

    On a virtual clock that is moved in place of sleeping, as far as that moved, or longer.
    """
    attempts = sorted((a for effort in efforts for a in effort.attempts), key=lambda a: a.wall)
    offsets: dict[str, float] = {}
    offset, before = 0.0, attempts[0] if attempts else None
    for attempt in attempts:
        assert before is not None
        moved = [attempt.wall - before.wall]
        if virtual:
            moved.append(attempt.at - before.at)
        offset += max(moved)
        offsets[attempt.request_id] = offset
        before = attempt
    return offsets


def _attempt(attempt: Exchange, offsets: Mapping[str, float]) -> dict[str, Any]:
    return {
        "request_id": attempt.request_id,
        "offset": offsets[attempt.request_id],
        "duration": attempt.duration,
        "at": attempt.at,
        "wall": attempt.wall,
        "operation": attempt.operation,
        "attempt": attempt.attempt,
        "max_attempts": attempt.max_attempts,
        "status": attempt.status,
        "outcome": attempt.outcome,
        "delivery": attempt.delivery,
        "code": attempt.code,
        "message": attempt.message,
        "stale": attempt.stale,
        "waiter": attempt.waiter,
        "faults": list(attempt.faults),
        "reads": [read._asdict() for read in attempt.reads],
    }


def _finding(finding: Finding, offsets: Mapping[str, float]) -> dict[str, Any]:
    evidence = [_attempt(attempt, offsets) for attempt in finding.evidence]
    members = ("name", "message", "advice", "operation", "resource", "session")
    told = {name: getattr(finding, name) for name in members}
    return {**told, "calls": list(finding.calls), "evidence": evidence}


def _effort(effort: RetryChain, offsets: Mapping[str, float]) -> dict[str, Any]:
    return {
        "operation": effort.last.operation,
        "resource": effort.last.resource,
        "session": effort.last.session,
        "outcome": effort.last.outcome,
        "succeeded": effort.last.succeeded,
        "calls": [
            {
                "id": call.id,
                "waited": call.waited,
                "waits": list(call.waits),
                "by_sdk": bool(call.last.invocation),
                "attempts": [_attempt(attempt, offsets) for attempt in call.attempts],
            }
            for call in effort.calls
        ],
    }
