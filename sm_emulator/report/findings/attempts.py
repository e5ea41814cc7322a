"""Mistakes about the number of attempts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sm_emulator.journal import LogicalCall
from sm_emulator.report.finding import Occurrence, finding
from sm_emulator.report.trace import Trace, non_retryable, transient

# botocore's quota of 500 tokens pays for 35 retries of server errors at 14 each, which successes give
# back (botocore/retries/quota.py, 1.44.5); a client that retried less often has not exhausted it
_FEWEST_RETRIES = 10
_FEWEST_REPEATS = 3  # fewer equal errors may come from independent callers


@finding(
    "A request was retried after an error that comes again: constraints, existing names, access.",
    example="`while True` around any `ClientError`",
    advice=(
        "Retry only errors that may pass: throttling, 5xx, lost answers, and misses of a resource that "
        "was just created."
    ),
)
def non_retryable_error_retried(trace: Trace) -> Iterator[Occurrence]:
    for chain in trace.chains:
        attempts = chain.attempts
        again = [
            after
            for before, after in pairwise(attempts)
            if non_retryable(before) and (after.code, after.message) == (before.code, before.message)
        ]
        if len(again) >= _FEWEST_REPEATS:
            yield Occurrence(
                f"{again[0].label} was retried after {again[0].code} and got the same error "
                f"{len(again)} more times.",
                tuple(attempts),
            )


@finding(
    "A program attempted one call more often than the limit (`--max-attempts`, 10).",
    example="an endless loop",
    advice="Give up after a few attempts or a deadline, and report the failure to the caller.",
)
def too_many_attempts(trace: Trace) -> Iterator[Occurrence]:
    for chain in trace.chains:
        attempts = chain.attempts
        if len(attempts) > trace.max_attempts and not chain.is_poll:
            yield Occurrence(
                f"{chain.last.label} was attempted {len(attempts)} times; "
                f"the limit is {trace.max_attempts}.",
                tuple(attempts),
            )


@finding(
    "An SDK stopped before the attempts that it announced: its retry quota is exhausted.",
    example="botocore's standard mode after some 35 retries of 5xx",
    advice=(
        "Slow down before the SDK does: fewer concurrent calls, adaptive retry mode, or a separate "
        "client for each kind of work, so that one failing operation does not use up the retries of all."
    ),
)
def retry_budget_spent(trace: Trace) -> Iterator[Occurrence]:
    for calls in trace.sessions():
        retries, cut = 0, []
        for call in calls:
            if retries >= _FEWEST_RETRIES and _cut_short(call):
                cut.append(call)
            retries += len(call.attempts) - 1
        if cut:
            first = cut[0].last
            yield Occurrence(
                f"{len(cut)} calls (first: {first.label}) ended with attempt {first.attempt} of "
                f"{first.max_attempts} announced; this client has made {retries} retries.",
                tuple(call.last for call in cut),
            )


def _cut_short(call: LogicalCall) -> bool:
    return transient(call.last) and len(call.attempts) < call.last.max_attempts
