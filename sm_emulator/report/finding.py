"""Findings: what a client did wrong, with the evidence, and what to do about it."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.journal.exchange import Exchange
from sm_emulator.report.trace import Trace
from sm_emulator.values import did_you_mean

# What happened, in plain words, and the exchanges that show it, oldest first
Found = Iterator[tuple[str, Sequence[Exchange]]]
Detector = Callable[[Trace], Found]


@dataclass(frozen=True, slots=True)
class FindingType:
    """A type of finding; the texts come from the docstring of the function that detects it."""

    name: str
    summary: str
    example: str
    advice: str
    detect: Detector


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


def finding(detect: Detector) -> Detector:
    """Register `stale_miss_not_retried` as the finding stale-miss-not-retried.

    The docstring has three paragraphs: what happened, an example, and what to do.
    """
    name = detect.__name__.replace("_", "-")
    paragraphs = (inspect.getdoc(detect) or "\n\n\n\n").split("\n\n")
    summary, example, advice = (" ".join(text.split()) for text in paragraphs)
    FINDINGS[name] = FindingType(name, summary, example, advice, detect)
    return detect


def select(names: Iterable[str], option: str) -> set[str]:
    """Return types of findings by name, or all for "any". Raises ConfigurationError for another."""
    for name in sorted({*names} - {"any", *FINDINGS}):
        hint = did_you_mean(name, FINDINGS) or f"; allowed: any, {', '.join(sorted(FINDINGS))}"
        raise ConfigurationError(Problem(option, f"{name!r} is not a finding{hint}"))
    return set(FINDINGS) if "any" in names else set(names)


def find(trace: Trace) -> Iterator[Finding]:
    """Yield the findings of every type in a trace."""
    calls = (*trace.calls, *trace.others)
    call_ids = {attempt.request_id: call.id for call in calls for attempt in call.attempts}
    for kind in FINDINGS.values():
        for message, evidence in kind.detect(trace):
            last = evidence[-1] if evidence else Exchange("", 0.0, 0.0)
            ids = tuple(dict.fromkeys(call_ids[exchange.request_id] for exchange in evidence))
            subject = (last.operation, last.resource, last.session)
            yield Finding(kind.name, message, kind.advice, *subject, ids, tuple(evidence))
