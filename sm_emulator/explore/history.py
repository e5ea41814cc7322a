"""When a run needs no further look: its fault was absorbed, or another run had the same history."""

from __future__ import annotations

from sm_emulator.explore.mask import Mask, Step
from sm_emulator.explore.run import Run


def fingerprint(run: Run, mask: Mask) -> str:
    """Return what runs that went the same way have in common, but for the times."""
    states = [mask.state(run, state) for state in (run.at_exit, run.settled)]
    return repr((mask.steps(run), states, run.ending.code))


def is_absorbed(run: Run, base: Run, mask: Mask) -> bool:
    """Return whether the SDK alone dealt with the fault that a run has and its base has not.

    Then the program saw the same as in the base: what can follow is tried there.
    """
    ends = [[mask.state(each, state) for state in (each.at_exit, each.settled)] for each in (run, base)]
    return (
        len(run.exchanges) > len(base.exchanges)
        and ends[0] == ends[1]
        and _seen_by_program(run, mask) == _seen_by_program(base, mask)
    )


def _seen_by_program(run: Run, mask: Mask) -> list[Step]:
    """Return the history without the faults after which the SDK made another attempt."""
    last = {exchange.invocation: number for number, exchange in enumerate(run.exchanges)}
    return [
        step
        for number, (step, exchange) in enumerate(zip(mask.steps(run), run.exchanges, strict=True))
        if not (exchange.faults and exchange.invocation and last[exchange.invocation] > number)
    ]
