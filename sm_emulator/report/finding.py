"""Findings: what a client did wrong, with the evidence, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sm_emulator.journal import Exchange
from sm_emulator.report.story import Story


class Found(NamedTuple):
    """What happened, in plain words, and the exchanges that show it, oldest first."""

    message: str
    evidence: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: its `name`, what it is about, what to do, and the function that looks."""

    name: str
    summary: str
    advice: str
    look: Callable[[Story], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a client did wrong.

    `name` is its kind's; `message` tells what happened, `advice` what to do. `evidence` are the
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


FINDINGS: dict[str, Kind] = {}


def finding(summary: str, *, do: str) -> Callable[[Callable[[Story], Iterator[Found]]], None]:
    """Register `stale_miss_not_retried` as stale-miss-not-retried; `do` is the advice."""

    def register(look: Callable[[Story], Iterator[Found]]) -> None:
        name = look.__name__.replace("_", "-")
        FINDINGS[name] = Kind(name, summary, do, look)

    return register


def find(story: Story) -> Iterator[Finding]:
    """Look for all kinds of findings in a story."""
    homes = {attempt.request_id: call.id for call in story.calls for attempt in call.attempts}
    for kind in FINDINGS.values():
        for message, evidence in kind.look(story):
            last = evidence[-1]
            calls = tuple(dict.fromkeys(homes[exchange.request_id] for exchange in evidence))
            yield Finding(
                name=kind.name,
                message=message,
                advice=kind.advice,
                operation=last.operation,
                resource=last.resource,
                session=last.session,
                calls=calls,
                evidence=evidence,
            )
