"""Mistakes about retries: which errors, how often, and how long between attempts."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from sm_emulator.report.finding import Found, finding
from sm_emulator.report.summary import FEWEST_WAITS, duration, predictable
from sm_emulator.report.trace import RetryChain, Trace, non_retryable, transient

# botocore's quota of 500 tokens pays for 35 retries of server errors at 14 each, which successes give
# back (botocore/retries/quota.py, 1.44.5); a client that retried less often has not exhausted it
_FEWEST_RETRIES = 10
_FEWEST_REPEATS = 3  # fewer equal errors may come from independent callers
# Without a wait, a client needs one to three milliseconds between an answer and the next request. On a
# busy machine some take longer, but no program that sleeps for 5 ms ever takes less.
_SLEEP = 0.005
_OVERHEAD = 0.02


@finding
def non_retryable_error_retried(trace: Trace) -> Found:
    """A request was retried after an error that comes again: constraints, existing names, access.

    `while True` around any `ClientError`

    Retry only errors that may pass: throttling, 5xx, lost answers, and misses of a resource that was
    just created.
    """
    for chain in trace.chains:
        again = [
            after
            for before, after in pairwise(chain.attempts)
            if non_retryable(before) and (after.code, after.message) == (before.code, before.message)
        ]
        if len(again) >= _FEWEST_REPEATS:
            label, code = again[0].label, again[0].code
            message = f"{label} was retried after {code} and got the same error {len(again)} more times."
            yield message, chain.attempts


@finding
def too_many_attempts(trace: Trace) -> Found:
    """A program attempted one call more often than the limit (`--max-attempts`, 10).

    an endless loop

    Give up after a few attempts or a deadline, and report the failure to the caller.
    """
    limit = trace.max_attempts
    for chain in trace.chains:
        count = len(chain.attempts)
        if count > limit and not chain.is_poll:
            message = f"{chain.last.label} was attempted {count} times; the limit is {limit}."
            yield message, chain.attempts


@finding
def retry_budget_spent(trace: Trace) -> Found:
    """An SDK stopped before the attempts that it announced: its retry quota is exhausted.

    botocore's standard mode after some 35 retries of 5xx

    Slow down before the SDK does: fewer concurrent calls, adaptive retry mode, or a separate client
    for each kind of work, so that one failing operation does not use up the retries of all.
    """
    for calls in trace.sessions.values():
        retries, cut = 0, []
        for call in calls:
            short = transient(call.last) and len(call.attempts) < call.last.max_attempts
            if short and retries >= _FEWEST_RETRIES:
                cut.append(call.last)
            retries += len(call.attempts) - 1
        if cut:
            ended = f"ended with attempt {cut[0].attempt} of {cut[0].max_attempts} announced"
            calls_ = f"{len(cut)} calls (first: {cut[0].label})"
            yield f"{calls_} {ended}; this client has made {retries} retries.", cut


@finding
def retry_without_wait(trace: Trace) -> Found:
    """A program retried a request four times or more without waiting (less than 5 ms).

    `for _ in range(5): try …`

    Wait between attempts, longer each time and by chance: for example random.uniform(0, min(20, 0.1
    * 2**attempt)) seconds.
    """
    for chain in trace.chains:
        waits = chain.own_waits
        later = sorted(waits[1:])  # a client's first error takes longer
        none = len(waits) >= FEWEST_WAITS and min(waits) < _SLEEP
        if none and later[len(later) * 3 // 4] < _OVERHEAD:
            wait = duration(median(waits))
            message = f"{chain.last.label} was retried {len(waits)} times, with a median wait of {wait}."
            yield message, chain.attempts


@finding
def retry_without_jitter(trace: Trace) -> Found:
    """A program's waits between attempts are predictable: equal, or growing by one factor.

    `time.sleep(1)` in the loop

    Draw each wait at random, as random.uniform(0, longest): clients that wait equally long come back
    at the same moment.
    """
    for group in _groups(trace):
        waits = group[0].own_waits if len(group) == 1 else [chain.own_waits[0] for chain in group]
        if predictable(waits):
            listed = ", ".join(duration(wait) for wait in waits[:6])
            where = "" if len(group) == 1 else f", in {len(group)} separate calls"
            message = f"{group[0].last.label} was retried after waits of {listed}{where}."
            yield message, [attempt for chain in group for attempt in chain.attempts]


def _groups(trace: Trace) -> Iterator[list[RetryChain]]:
    """Yield chains alone, and those with few waits together, by session and operation."""
    short = defaultdict(list)
    for chain in trace.chains:
        if chain.last.waiter or chain.is_poll or not chain.own_waits:
            continue
        if len(chain.own_waits) >= FEWEST_WAITS:
            yield [chain]
        else:
            short[chain.last.session, chain.last.operation].append(chain)
    yield from short.values()
