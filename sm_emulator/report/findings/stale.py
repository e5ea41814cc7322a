"""Mistakes about stale reads, and about resources in use."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import takewhile

from sm_emulator.journal.exchange import Exchange
from sm_emulator.report.finding import Found, finding
from sm_emulator.report.trace import Trace, already_exists
from sm_emulator.wire.call import type_of

_PAUSE = 1.0  # seconds, by the scenario's clock: a program that sleeps so long before a look waits


@finding
def stale_miss_not_retried(trace: Trace) -> Found:
    """A request was refused for what a stale read did not find, and the program gave up.

    CreateEndpoint right after CreateEndpointConfig, once

    Retry it with back-off and jitter for some seconds if the program has just created the resource
    that is not found: no SDK retries a ValidationException.
    """
    acted_upon = {read.request_id for read, _ in _acts(trace)}
    for chain in trace.chains:
        last, tries = chain.last, len(chain.calls)
        missed = last.stale_miss and not last.waiter and last.request_id not in acted_upon
        if missed and not trace.succeeded(last, last.operation, last.resource):
            ending = (
                "it was not tried again" if tries == 1 else f"the program gave up after {tries} tries"
            )
            yield f"{last.label} was refused because a read was stale, and {ending}.", chain.attempts


@finding
def waiter_ended_on_stale_read(trace: Trace) -> Found:
    """A waiter ended with a stale answer.

    `endpoint_deleted` immediately "succeeds" for an endpoint that was just created

    Wait until Describe shows the create or the update, then start the waiter; start it again if it
    ends with ValidationException. endpoint_in_service treats that as a failure, endpoint_deleted as
    success.
    """
    for poll, then in trace.successions():
        continues = then is not None and then.waiter and then.operation == poll.operation
        if poll.waiter and poll.stale and not continues:
            seen = "did not find an existing resource" if poll.stale_miss else "returned an old state"
            yield f"A waiter ended with a stale {poll.label} that {seen}.", (poll,)


@finding
def acted_on_stale_value(trace: Trace) -> Found:
    """A program changed a resource after a stale Describe of it.

    Describe, not found, so Create: "Cannot create already existing …"

    Read again until the program's own last write is visible before acting on what was read; treat a
    create that is refused as already existing as done.
    """
    for read, act in _acts(trace):
        if not (already_exists(act) and trace.continues(act)):
            seen = "did not find the resource" if read.stale_miss else "returned an old state"
            yield f"{act.label} followed a stale {read.operation} that {seen}.", (read, act)
    for change, deletion in _deletions_in_use(trace):
        last = trace.last_describe(change, deletion)
        if last and last.stale:
            message = f"{deletion.label} followed a stale {last.label} that did not show its use."
            yield message, (last, deletion)


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


@finding
def early_success_on_stale_value(trace: Trace) -> Found:
    """A program waited for an update, and a stale Describe that still showed the old state ended that.

    UpdateEndpoint, then a loop until "InService", which the endpoint also was before

    Wait for what only the update brings, such as the new EndpointConfigName next to InService, instead
    of a status that the endpoint had before.
    """
    waiting = {
        after.session
        for before, after in trace.successions()
        if after and _looks(after) and after.at - before.at - before.duration >= _PAUSE
    }
    for exchanges in trace.by_resource():
        later = list(takewhile(_looks_or_invokes, reversed(exchanges)))[::-1]
        change = exchanges[-len(later) - 1] if len(later) < len(exchanges) else None
        looks = [each for each in later if _looks(each)]
        if change is None or not (looks and change.operation.startswith("Update") and change.happened):
            continue
        # What waits for a state ends at the first answer that has it
        old = [each for each in looks if _shows_old_state(each, change)]
        uses = later[0] is looks[-1] and len(later) > 1
        if old == looks[-1:] and (uses or change.session in waiting) and _taken_as_end(trace, old[0]):
            ending = f"a stale {old[0].operation} that still showed the old state"
            yield f"The program's wait for {change.label} ended with {ending}.", (change, old[0])


def _looks(exchange: Exchange) -> bool:
    return exchange.operation.startswith("Describe") and not exchange.waiter


def _looks_or_invokes(exchange: Exchange) -> bool:
    return _looks(exchange) or exchange.operation.startswith("Invoke")


def _shows_old_state(read: Exchange, change: Exchange) -> bool:
    """Return whether a read did not show a change that was the last one of its resource."""
    return read.succeeded and any(
        each.stale and read.at - each.age <= change.at + change.duration for each in read.reads
    )


def _taken_as_end(trace: Trace, read: Exchange) -> bool:
    """Return whether the program ended well after its last look, or used or changed something."""
    return (trace.run is not None and trace.run.exit_code == 0) or any(
        call.succeeded
        and call.operation.startswith(("Create", "Update", "Invoke"))
        and call.attempts[0].wall >= read.ended
        for call in trace.sessions[read.session]
    )


@finding
def deleted_in_use(trace: Trace) -> Found:
    """A configuration or model was deleted while a live endpoint used it.

    DeleteEndpointConfig before DeleteEndpoint

    Delete the endpoint first, then its configuration, then the models. After an update, wait until
    the endpoint is InService with the new configuration before deleting the old one.
    """
    for change, deletion in _deletions_in_use(trace):
        user = f"{type_of(change.operation)} {change.resource}"
        yield f"{deletion.label} happened while {user} used it.", (change, deletion)


def _deletions_in_use(trace: Trace) -> Iterator[tuple[Exchange, Exchange]]:
    """Yield each deletion of a resource in use, after the last change of the endpoint that uses it.

    AWS forbids it: "You must not delete an EndpointConfig in use by an endpoint that is live" (API
    reference, DeleteEndpointConfig). An endpoint uses the models of its configuration, too.
    """
    latest: dict[tuple[str, str], Exchange] = {}  # the last change of each resource, by region and label
    users: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)

    def using(region: str, used: str) -> Iterator[tuple[str, Exchange]]:
        for user in users[region, used]:
            change = latest.get((region, user))
            if change and used in change.uses:
                yield user, change

    for attempt in (each for each in trace.attempts() if each.happened and type_of(each.operation)):
        region, label = attempt.region, f"{type_of(attempt.operation)} {attempt.resource}"
        if attempt.operation.startswith("Delete"):
            latest.pop((region, label), None)
            for user, change in using(region, label):
                changes = using(region, user) if user.startswith("EndpointConfig ") else [(user, change)]
                yield from ((change, attempt) for _, change in changes)
        elif attempt.uses or attempt.operation.startswith("Create"):
            latest[region, label] = attempt
            for used in attempt.uses:
                users[region, used][label] = None
