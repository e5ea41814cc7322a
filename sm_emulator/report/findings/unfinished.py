"""Mistakes about failures: giving up, lost answers, resources left behind, and no request at all."""

from collections import defaultdict

from sm_emulator.journal.exchange import Exchange
from sm_emulator.report.finding import Found, finding
from sm_emulator.report.trace import (
    RetryChain,
    Trace,
    already_exists,
    indeterminate,
    shortened,
    transient,
)
from sm_emulator.wire.call import type_of


@finding
def no_request(trace: Trace) -> Found:
    """A command ended, and no request of it for SageMaker reached the emulator.

    a client with an `endpoint_url` of its own, or tests that skip

    Let the client take its endpoint from AWS_ENDPOINT_URL: code that passes `endpoint_url` itself goes
    past the emulator. If the program uses other services only, `--all-services` counts them.
    """
    # An operation that is not hosting's is named "service:operation"
    others: dict[str, Exchange] = {}
    for call in trace.others:
        others.setdefault(call.operation.partition(":")[0], call.last)
    if trace.run is None or trace.calls or "sagemaker" in others:
        return
    which = "for SageMaker " if others else ""
    message = f"No request {which}arrived from {shortened(trace.run.command)}, so nothing was tested."
    region = next((exchange.region for exchange in others.values()), "REGION")
    if others:
        came = ", ".join(name or "an unknown service" for name in others)
        message += (
            f" Requests came for {came}: the SageMaker client, if there is one, has an endpoint of its"
            f" own, such as api.sagemaker.{region}.amazonaws.com."
        )
    if "sts" not in others:
        message += (
            f" None came for STS: the SageMaker Python SDK sends them to sts.{region}.amazonaws.com,"
            " unless it is given `default_bucket=` and a role ARN."
        )
    yield message, tuple(others.values())


@finding
def gave_up_on_transient_error(trace: Trace) -> Found:
    """A call ended with throttling, a server error or a lost answer, and the program gave up.

    botocore's three attempts under `throttle-storm`

    Retry with back-off and jitter beyond the SDK's few attempts (for example retry mode standard
    with total_max_attempts=8); after a lost answer, describe the resource to see its state.
    """
    failed: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
    for last in (chain.last for chain in trace.chains):
        operation = None if indeterminate(last) else last.operation  # any shows the state
        handled = trace.succeeded(last, operation, last.resource)
        if transient(last) and not handled:
            failed[last.session, last.operation].append(last)
    for group in failed.values():
        first = group[0]
        calls = f"{len(group)} calls (first: {first.label})" if len(group) > 1 else first.label
        ending = f"ended with {first.outcome} at attempt {first.attempt}; the program gave up."
        yield f"{calls} {ending}", group


@finding
def lost_change_treated_as_failure(trace: Trace) -> Found:
    """A change happened, its answer was lost, its retry was refused, and the program gave up.

    the SDK retries CreateEndpointConfig after a connection reset

    When the retry of a create gets "Cannot create already existing", of a deletion "Could not find",
    or of an update "Cannot update in-progress", the first attempt succeeded: describe the resource,
    verify its state, and continue.
    """
    for chain in trace.chains:
        if _conflicts_with_itself(chain) and not _handled(trace, chain.last):
            happened = f"{chain.last.label} may have succeeded although its answer was lost; the retry"
            yield f"{happened} was refused for that, and the program did not continue.", chain.attempts


def _conflicts_with_itself(chain: RetryChain) -> bool:
    operation, message = chain.last.operation, chain.last.message
    refused = (
        already_exists(chain.last)
        or (operation.startswith("Delete") and message.startswith("Could not find"))
        or (operation.startswith("Update") and message.startswith("Cannot update in-progress"))
    )
    return refused and any(indeterminate(attempt) for attempt in chain.attempts)


def _handled(trace: Trace, last: Exchange) -> bool:
    """Return whether the program went on after a refusal, as far as is known.

    A deletion may be a program's last request, so only its exit code shows a failure.
    """
    failed = trace.run.exit_code != 0 if trace.run else None
    if last.operation.startswith("Create"):
        return failed is False or trace.continues(last)
    ended_well = not failed if last.operation.startswith("Delete") else failed is False
    return ended_well or trace.succeeded(last)


@finding
def left_behind(trace: Trace) -> Found:
    """A command failed and left resources behind that it had created.

    CreateEndpoint fails, and the model and the configuration stay

    Delete what was created when a later step fails, in reverse order, and retry the deletions as
    well: an endpoint that is left costs money by the hour.
    """
    run = trace.run
    if run is None or not (run.exit_code or run.cleans_up):
        return
    existing: dict[tuple[str, str], Exchange] = {}
    for attempt in (each for each in trace.attempts() if each.happened):
        resource = (attempt.region, f"{type_of(attempt.operation)} {attempt.resource}")
        if attempt.operation.startswith("Create"):
            existing[resource] = attempt
        elif attempt.operation.startswith("Delete"):
            existing.pop(resource, None)
    if existing:
        labels = ", ".join(label for _, label in existing)
        message = f"The command ended with exit code {run.exit_code} and left behind: {labels}."
        yield message, list(existing.values())
