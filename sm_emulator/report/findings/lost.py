"""Mistakes about answers that did not arrive."""

from __future__ import annotations

from collections.abc import Iterator

from sm_emulator.report.finding import Occurrence, finding
from sm_emulator.report.trace import RetryChain, Trace, already_exists, indeterminate


@finding(
    "The answer to a create was lost, its retry was refused as existing, and the program gave up.",
    example="the SDK retries CreateEndpointConfig after a connection reset",
    advice=(
        'When the retry of a create gets "Cannot create already existing", the first attempt succeeded: '
        "describe the resource, verify that it is the requested one, and continue."
    ),
)
def lost_create_treated_as_failure(trace: Trace) -> Iterator[Occurrence]:
    for chain in trace.chains:
        last = chain.last
        if _conflicts_with_itself(chain) and not trace.continues(last):
            yield Occurrence(
                f"{last.label} may have succeeded although its answer was lost; the retry was refused "
                "as already existing, and the program did not continue with the resource.",
                tuple(chain.attempts),
            )


def _conflicts_with_itself(chain: RetryChain) -> bool:
    return already_exists(chain.last) and any(indeterminate(attempt) for attempt in chain.attempts)
