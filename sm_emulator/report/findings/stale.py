"""Mistakes about stale reads."""

from __future__ import annotations

from collections.abc import Iterator

from sm_emulator.journal import Exchange
from sm_emulator.report.finding import Occurrence, finding
from sm_emulator.report.findings.usage import deletions_in_use
from sm_emulator.report.trace import Trace, already_exists
from sm_emulator.wire.call import type_of


@finding(
    "A request was refused for what a stale read did not find, and the program gave up.",
    example="CreateEndpoint right after CreateEndpointConfig, once",
    advice=(
        "Retry it with back-off and jitter for some seconds if the program has just created the "
        "resource that is not found: no SDK retries a ValidationException."
    ),
)
def stale_miss_not_retried(trace: Trace) -> Iterator[Occurrence]:
    acted_upon = {read.request_id for read, _ in _acts(trace)}
    for chain in trace.chains:
        last = chain.last
        checked = last.stale_miss and not last.waiter and last.request_id not in acted_upon
        if checked and not trace.succeeded_later(last):
            tries = len(chain.calls)
            ending = (
                "it was not tried again" if tries == 1 else f"the program gave up after {tries} tries"
            )
            yield Occurrence(
                f"{last.label} was refused because a read was stale, and {ending}.",
                tuple(chain.attempts),
            )


@finding(
    "A waiter ended with a stale answer.",
    example='`endpoint_deleted` immediately "succeeds" for an endpoint that was just created',
    advice=(
        "Wait until Describe shows the create or the update, then start the waiter; start it again if "
        "it ends with ValidationException. endpoint_in_service treats that as a failure, "
        "endpoint_deleted as success."
    ),
)
def waiter_ended_on_stale_read(trace: Trace) -> Iterator[Occurrence]:
    for poll, then in trace.successions():
        continues = then is not None and then.waiter and then.operation == poll.operation
        if poll.waiter and poll.stale and not continues:
            seen = "did not find an existing resource" if poll.stale_miss else "returned an old state"
            yield Occurrence(f"A waiter ended with a stale {poll.label} that {seen}.", (poll,))


@finding(
    "A program changed a resource after a stale Describe of it.",
    example='Describe, not found, so Create: "Cannot create already existing …"',
    advice=(
        "Read again until the program's own last write is visible before acting on what was read; treat "
        "a create that is refused as already existing as done."
    ),
)
def acted_on_stale_value(trace: Trace) -> Iterator[Occurrence]:
    for read, act in _acts(trace):
        if already_exists(act) and trace.continues(act):
            continue
        seen = "did not find the resource" if read.stale_miss else "returned an old state"
        yield Occurrence(f"{act.label} followed a stale {read.operation} that {seen}.", (read, act))
    for change, deletion in deletions_in_use(trace):
        last = trace.last_describe(change, deletion)
        if last and last.stale:
            yield Occurrence(
                f"{deletion.label} followed a stale {last.label} that did not show its use.",
                (last, deletion),
            )


def _acts(trace: Trace) -> Iterator[tuple[Exchange, Exchange]]:
    """Yield stale reads with the next change by the same session.

    Deletions are ignored: programs clean up whatever they have read.
    """
    for read, act in trace.successions():
        if act is None or read.waiter or not (read.stale and read.operation.startswith("Describe")):
            continue
        verbs = ("Create",) if read.stale_miss else ("Create", "Update")
        if act.operation.startswith(verbs) and type_of(act.operation):
            yield read, act
