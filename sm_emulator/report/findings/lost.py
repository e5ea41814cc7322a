"""What clients do wrong about answers that did not arrive."""

from __future__ import annotations

from collections.abc import Iterator

from sm_emulator.journal import Exchange
from sm_emulator.report.finding import Found, finding
from sm_emulator.report.retry_chain import RetryChain
from sm_emulator.report.story import Story
from sm_emulator.report.verdict import existing, undecided
from sm_emulator.wire.call import type_of

# What is created next where a create counts as done
_NEXT = {
    "Model": ("CreateEndpointConfig", "CreateInferenceComponent"),
    "EndpointConfig": ("CreateEndpoint", "UpdateEndpoint"),
    "Endpoint": ("CreateInferenceComponent", "InvokeEndpoint"),
}


@finding(
    "A create happened, its answer was lost, and its repetition was refused: the program gave up.",
    do=(
        'Where a create whose answer was lost meets "Cannot create already existing", it was the '
        "program's own: describe the resource, see that it is the one that was wanted, and go on."
    ),
)
def lost_create_treated_as_failure(story: Story) -> Iterator[Found]:
    for effort in story.efforts:
        if _met_itself(effort) and not any(
            _goes_on(effort.last, c.last) for c in story.later(effort.last)
        ):
            last = effort.last
            yield Found(
                f"{last.asked} may have happened though its answer was lost; the "
                "repetition was refused as already existing, and the program did not go on with it.",
                tuple(effort.attempts),
            )


def _met_itself(effort: RetryChain) -> bool:
    return existing(effort.last) and any(undecided(attempt) for attempt in effort.attempts)


def _goes_on(created: Exchange, later: Exchange) -> bool:
    """Tell whether a later exchange shows that a create counted as done."""
    kind = type_of(created.operation)
    same = later.resource == created.resource and type_of(later.operation) == kind
    looked = same and later.operation.startswith(("Describe", "Update"))
    return later.succeeded and (looked or later.operation in _NEXT.get(kind, ()))
