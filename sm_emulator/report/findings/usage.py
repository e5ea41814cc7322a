"""Mistakes about resources that others use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sm_emulator.journal import Exchange
from sm_emulator.report.finding import Occurrence, finding
from sm_emulator.report.trace import Trace
from sm_emulator.wire.call import type_of


@finding(
    "A configuration or model was deleted while a live endpoint used it.",
    example="DeleteEndpointConfig before DeleteEndpoint",
    advice=(
        "Delete the endpoint first, then its configuration, then the models. After an update, wait "
        "until the endpoint is InService with the new configuration before deleting the old one."
    ),
)
def deleted_in_use(trace: Trace) -> Iterator[Occurrence]:
    for change, deletion in deletions_in_use(trace):
        user = f"{type_of(change.operation)} {change.resource}"
        yield Occurrence(f"{deletion.label} happened while {user} used it.", (change, deletion))


def deletions_in_use(trace: Trace) -> Iterator[tuple[Exchange, Exchange]]:
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

    for attempt in trace.attempts():
        kind, region = type_of(attempt.operation), attempt.region
        label = f"{kind} {attempt.resource}"
        if not (attempt.happened and kind):
            continue
        if attempt.operation.startswith("Delete"):
            latest.pop((region, label), None)
            for user, change in using(region, label):
                changes = using(region, user) if user.startswith("EndpointConfig ") else [(user, change)]
                yield from ((change, attempt) for _, change in changes)
        elif attempt.uses or attempt.operation.startswith("Create"):
            latest[region, label] = attempt
            for used in attempt.uses:
                users[region, used][label] = None
