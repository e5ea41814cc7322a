"""Findings: what a client did wrong, with the evidence, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sm_emulator.journal import Exchange
from sm_emulator.report.trace import Trace


class Occurrence(NamedTuple):
    """What happened, in plain words, and the exchanges that show it, oldest first."""

    message: str
    evidence: tuple[Exchange, ...]


_Detector = Callable[[Trace], Iterator[Occurrence]]


@dataclass(frozen=True, slots=True)
class FindingType:
    """A type of finding: name, meaning, an example, advice, and the function that detects it."""

    name: str
    summary: str
    example: str
    advice: str
    detect: _Detector


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a client did wrong.

    `name` is its type's; `message` describes what happened, `advice` what to do. `evidence` holds the
    exchanges that show it, oldest first; `calls` the ids of the logical calls that they belong to.
    """

    name: str
    message: str
    advice: str
    operation: str
    resource: str
    session: str
    calls: tuple[str, ...]
    evidence: tuple[Exchange, ...]


FINDINGS: dict[str, FindingType] = {}


def finding(summary: str, *, example: str, advice: str) -> Callable[[_Detector], None]:
    """Register `stale_miss_not_retried` as the finding stale-miss-not-retried."""

    def register(detect: _Detector) -> None:
        name = detect.__name__.replace("_", "-")
        FINDINGS[name] = FindingType(name, summary, example, advice, detect)

    return register


def find(trace: Trace) -> Iterator[Finding]:
    """Yield the findings of every type in a trace."""
    call_ids = {attempt.request_id: call.id for call in trace.calls for attempt in call.attempts}
    for kind in FINDINGS.values():
        for message, evidence in kind.detect(trace):
            last = evidence[-1] if evidence else None
            yield Finding(
                name=kind.name,
                message=message,
                advice=kind.advice,
                operation=last.operation if last else "",
                resource=last.resource if last else "",
                session=last.session if last else "",
                calls=tuple(dict.fromkeys(call_ids[exchange.request_id] for exchange in evidence)),
                evidence=evidence,
            )
