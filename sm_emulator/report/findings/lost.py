"""Mistakes about answers that did not arrive."""

from __future__ import annotations

from collections.abc import Iterator

from sm_emulator.journal import Exchange
from sm_emulator.report.finding import Occurrence, finding
from sm_emulator.report.trace import RetryChain, Trace, already_exists, indeterminate


@finding(
    "The answer to a change was lost, its retry was refused because it had happened, and the program "
    "gave up.",
    example="the SDK retries CreateEndpointConfig after a connection reset",
    advice=(
        'When the retry of a create gets "Cannot create already existing", of a deletion "Could not '
        'find", or of an update "Cannot update in-progress", the first attempt succeeded: describe the '
        "resource, verify its state, and continue."
    ),
)
def lost_change_treated_as_failure(trace: Trace) -> Iterator[Occurrence]:
    for chain in trace.chains:
        last = chain.last
        if _conflicts_with_itself(chain) and not _handled(trace, last):
            yield Occurrence(
                f"{last.label} may have succeeded although its answer was lost; the retry was refused "
                "as the change had happened, and the program did not continue with the resource.",
                tuple(chain.attempts),
            )


def _conflicts_with_itself(chain: RetryChain) -> bool:
    last = chain.last
    refused = (
        already_exists(last)
        or (last.operation.startswith("Delete") and last.message.startswith("Could not find"))
        or (last.operation.startswith("Update") and last.message.startswith("Cannot update in-progress"))
    )
    return refused and any(indeterminate(attempt) for attempt in chain.attempts)


def _handled(trace: Trace, last: Exchange) -> bool:
    """Return whether the program went on after a refusal, as far as is known.

    A deletion may be a program's last request, so only its exit code shows a failure.
    """
    failed = trace.run.exit_code != 0 if trace.run else None
    if last.operation.startswith("Create"):
        return failed is False or trace.continues(last)
    if trace.goes_on(last):
        return True
    return not failed if last.operation.startswith("Delete") else failed is False
