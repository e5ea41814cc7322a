"""Mistakes about answers that did not arrive."""

from __future__ import annotations

from collections.abc import Iterator

from sm_emulator.journal import Exchange
from sm_emulator.report.finding import Occurrence, finding
from sm_emulator.report.trace import RetryChain, Trace, already_exists, indeterminate
from sm_emulator.wire.call import type_of

# The operations that use a resource: where one follows, the program treated the create as done
_NEXT = {
    "Model": ("CreateEndpointConfig", "CreateInferenceComponent"),
    "EndpointConfig": ("CreateEndpoint", "UpdateEndpoint"),
    "Endpoint": ("CreateInferenceComponent", "InvokeEndpoint"),
}


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
        if _conflicts_with_itself(chain) and not any(
            _continues(last, call.last) for call in trace.later(last)
        ):
            yield Occurrence(
                f"{last.label} may have succeeded although its answer was lost; the retry was refused "
                "as already existing, and the program did not continue with the resource.",
                tuple(chain.attempts),
            )


def _conflicts_with_itself(chain: RetryChain) -> bool:
    return already_exists(chain.last) and any(indeterminate(attempt) for attempt in chain.attempts)


def _continues(created: Exchange, later: Exchange) -> bool:
    """Return whether a later exchange shows that the program treated a create as done."""
    kind = type_of(created.operation)
    same = later.resource == created.resource and type_of(later.operation) == kind
    looked = same and later.operation.startswith(("Describe", "Update"))
    return later.succeeded and (looked or later.operation in _NEXT.get(kind, ()))
