"""What clients do wrong about stale reads."""

from __future__ import annotations

from collections.abc import Iterator

from sm_emulator.journal import Exchange
from sm_emulator.report.finding import Found, finding
from sm_emulator.report.story import Story
from sm_emulator.wire.call import type_of


@finding(
    "A request was refused for what a stale read did not find, and the program gave up.",
    do=(
        "Retry it with back-off and jitter for some seconds where the program has just created what is "
        "not found: no SDK retries a ValidationException."
    ),
)
def stale_miss_not_retried(story: Story) -> Iterator[Found]:
    acted_upon = {exchange.request_id for exchange, _ in _acts(story)}
    for effort in story.efforts:
        last = effort.last
        if last.stale_miss and not last.waiter and last.request_id not in acted_upon:
            tries = len(effort.calls)
            ending = (
                "it was not tried again" if tries == 1 else f"the program gave up after {tries} tries"
            )
            yield Found(
                f"{last.asked} was refused because a read was stale, and {ending}.",
                tuple(effort.attempts),
            )


@finding(
    "A waiter ended with an answer that was stale.",
    do=(
        "Wait until Describe shows what was just created or updated, then start the waiter; start it "
        "again where it ends with ValidationException. endpoint_in_service takes that for a failure, "
        "endpoint_deleted for success."
    ),
)
def waiter_ended_on_stale_read(story: Story) -> Iterator[Found]:
    for poll, then in story.steps():
        goes_on = then is not None and then.waiter and then.operation == poll.operation
        if poll.waiter and poll.stale and not goes_on:
            found = "did not find what there is" if poll.stale_miss else "saw what is no longer so"
            yield Found(f"A waiter ended with a {poll.asked} that {found}.", (poll,))


@finding(
    "A program changed a resource because of what a stale read had shown.",
    do=(
        "Read again until the program's own last write is visible before acting on what was read; let a "
        "create that is refused as already existing count as done."
    ),
)
def acted_on_stale_value(story: Story) -> Iterator[Found]:
    for read, act in _acts(story):
        shown = "was not there" if read.stale_miss else "was as it had been before"
        yield Found(
            f"{act.asked} came after a stale {read.operation}, by which it {shown}.",
            (read, act),
        )


def _acts(story: Story) -> Iterator[tuple[Exchange, Exchange]]:
    """Give stale reads with the change by the same session that came next.

    A deletion counts for nothing: programs clean up whatever they have read.
    """
    for read, act in story.steps():
        if act is None or read.waiter or not (read.stale and read.operation.startswith("Describe")):
            continue
        verbs = ("Create",) if read.stale_miss else ("Create", "Update")
        if act.operation.startswith(verbs) and type_of(act.operation):
            yield read, act
