"""Figures by operation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sm_emulator.report.pattern import Pattern, pattern
from sm_emulator.report.retry_chain import RetryChain


@dataclass(frozen=True, slots=True)
class Summary:
    """What was done by one operation.

    `sdk_retries` and `application_retries` are attempts beyond the first, by who made them; where the
    client gave no ids, they count as the application's. `give_ups` are those that ended with a failure
    that another attempt might have mended, `refusals` those that ended with any other failure. `stale`
    are the answers that were stale, `faults` those that a fault acted on. `waits` describes the waits
    between attempts, None where there were none.
    """

    operation: str
    calls: int
    attempts: int
    sdk_retries: int
    application_retries: int
    give_ups: int
    refusals: int
    stale: int
    faults: int
    waits: Pattern | None


def summarize(efforts: Iterable[RetryChain]) -> list[Summary]:
    """Sum up efforts, by operation in order of its first."""
    by: dict[str, list[RetryChain]] = defaultdict(list)
    for effort in efforts:
        by[effort.last.operation].append(effort)
    return [_summary(operation, group) for operation, group in by.items()]


def _summary(operation: str, efforts: list[RetryChain]) -> Summary:
    attempts = [attempt for effort in efforts for attempt in effort.attempts]
    waits = [wait for effort in efforts for wait in effort.waits]
    by_sdk = sum(wait.by == "sdk" for wait in waits)
    ended_badly = [effort for effort in efforts if not effort.last.succeeded]
    give_ups = sum(effort.given_up for effort in ended_badly)
    return Summary(
        operation=operation or "(none)",
        calls=sum(len(effort.calls) for effort in efforts),
        attempts=len(attempts),
        sdk_retries=by_sdk,
        application_retries=len(waits) - by_sdk,
        give_ups=give_ups,
        refusals=len(ended_badly) - give_ups,
        stale=sum(attempt.stale for attempt in attempts),
        faults=sum(bool(attempt.faults) for attempt in attempts),
        waits=pattern([[wait.seconds for wait in effort.waits] for effort in efforts]),
    )
