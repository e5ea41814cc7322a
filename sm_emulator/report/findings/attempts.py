"""What clients do wrong about the number of attempts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sm_emulator.journal import LogicalCall
from sm_emulator.report.finding import Found, finding
from sm_emulator.report.story import Story
from sm_emulator.report.verdict import hopeless, transient

# botocore's quota of 500 tokens pays for 35 retries of server errors at 14 each, which successes give
# back (botocore/retries/quota.py, 1.44.5); who has retried less often has not spent it
_FEWEST_RETRIES = 10


@finding(
    "A request was repeated though its error was such that it fails again.",
    do="Retry only what may pass: throttling, 5xx, lost answers, and misses of what was just created.",
)
def non_retryable_error_retried(story: Story) -> Iterator[Found]:
    for effort in story.efforts:
        attempts = effort.attempts
        again = [b for a, b in pairwise(attempts) if hopeless(a) and b.code == a.code]
        if again:
            yield Found(
                f"{again[0].asked} was repeated after {again[0].code}, and met "
                f"it {len(again)} times more.",
                tuple(attempts),
            )


@finding(
    "A program tried one thing more often than the limit (`--max-attempts`, 10).",
    do="Give up after a few attempts or a deadline, and let whoever called decide.",
)
def too_many_attempts(story: Story) -> Iterator[Found]:
    for effort in story.efforts:
        attempts = effort.attempts
        if len(attempts) > story.most_attempts:
            yield Found(
                f"{effort.last.asked} was tried {len(attempts)} times; "
                f"{story.most_attempts} are allowed.",
                tuple(attempts),
            )


@finding(
    "An SDK stopped retrying before it had made the attempts that it announced: its quota is spent.",
    do=(
        "Slow down before the SDK does: fewer calls at once, adaptive retry mode, or a client of its "
        "own for each kind of work, so that one failing operation does not use up the retries of all."
    ),
)
def retry_budget_spent(story: Story) -> Iterator[Found]:
    for calls in story.sessions():
        retries, cut = 0, []
        for call in calls:
            if retries >= _FEWEST_RETRIES and _cut_short(call):
                cut.append(call)
            retries += len(call.attempts) - 1
        if cut:
            first = cut[0].last
            yield Found(
                f"{len(cut)} calls, the first {first.asked}, ended with attempt "
                f"{first.attempt} of {first.max_attempts} announced; this client has retried {retries} "
                "times.",
                tuple(call.last for call in cut),
            )


def _cut_short(call: LogicalCall) -> bool:
    return transient(call.last) and len(call.attempts) < call.last.max_attempts
