"""Unfinished work: no request at all, failures that nothing follows, resources left behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sm_emulator.journal import Exchange
from sm_emulator.report.finding import Occurrence, finding
from sm_emulator.report.trace import Trace, indeterminate, transient
from sm_emulator.wire.call import type_of


@finding(
    "A command ended, and no request of it reached the emulator.",
    example="a client with an `endpoint_url` of its own, or tests that skip",
    advice=(
        "Let the client take its endpoint from AWS_ENDPOINT_URL. Code that passes `endpoint_url` itself "
        "goes past the emulator; the SageMaker Python SDK does so for STS in Session.default_bucket() "
        "and get_execution_role(): give it `default_bucket=` and a role ARN."
    ),
)
def no_request(trace: Trace) -> Iterator[Occurrence]:
    if trace.run and not trace.calls:
        command = " ".join(trace.run.command)
        yield Occurrence(f"No request arrived from {command}, so nothing was tested.", ())


@finding(
    "A call ended with throttling, a server error or a lost answer, and the program gave up.",
    example="botocore's three attempts under `throttle-storm`",
    advice=(
        "Retry with back-off and jitter beyond the SDK's few attempts (for example retry mode standard "
        "with total_max_attempts=8); after a lost answer, describe the resource to see its state."
    ),
)
def gave_up_on_transient_error(trace: Trace) -> Iterator[Occurrence]:
    failed: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
    for chain in trace.chains:
        last = chain.last
        handled = trace.checked_later(last) if indeterminate(last) else trace.succeeded_later(last)
        if transient(last) and not handled:
            failed[last.session, last.operation].append(last)
    for group in failed.values():
        first = group[0]
        calls = f"{len(group)} calls (first: {first.label})" if len(group) > 1 else first.label
        yield Occurrence(
            f"{calls} ended with {first.outcome} at attempt {first.attempt}; the program gave up.",
            tuple(group),
        )


@finding(
    "A command failed and left resources behind that it had created.",
    example="CreateEndpoint fails, and the model and the configuration stay",
    advice=(
        "Delete what was created when a later step fails, in reverse order, and retry the deletions as "
        "well: an endpoint that is left costs money by the hour."
    ),
)
def left_behind(trace: Trace) -> Iterator[Occurrence]:
    run = trace.run
    if run is None or not (run.exit_code or run.cleans_up):
        return
    existing: dict[tuple[str, str, str], Exchange] = {}
    for attempt in trace.attempts():
        resource = (attempt.region, type_of(attempt.operation), attempt.resource)
        if resource[1] and attempt.happened and attempt.operation.startswith("Create"):
            existing[resource] = attempt
        elif attempt.happened and attempt.operation.startswith("Delete"):
            existing.pop(resource, None)
    if existing:
        labels = ", ".join(f"{kind} {name}" for _, kind, name in existing)
        yield Occurrence(
            f"The command ended with exit code {run.exit_code} and left behind: {labels}.",
            tuple(existing.values()),
        )
