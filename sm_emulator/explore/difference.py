"""Where a run first differs from the reference, and its requests in words."""

from __future__ import annotations

import re

from sm_emulator.explore.mask import Mask
from sm_emulator.explore.run import Run
from sm_emulator.journal.exchange import Exchange
from sm_emulator.report.summary import duration

# In the part of an answer that the journal keeps
_STATUS = re.compile(rb'"((?:Endpoint|InferenceComponent)Status)": ?"(\w+)"')


def first_difference(run: Run, reference: Run, mask: Mask) -> int | None:
    """Return the index of the first request that went otherwise than in the reference, None: of none.

    Nothing that a schedule causes happens before its first cause.
    """
    steps, usual = mask.steps(run), mask.steps(reference)
    first = next((n for n, exchange in enumerate(run.exchanges) if exchange.causes), 0)
    for index in range(first, max(len(steps), len(usual))):
        if steps[index : index + 1] != usual[index : index + 1]:
            return index
    return None


def in_words(exchange: Exchange) -> str:
    """Return a request and its answer."""
    return f"{exchange.place or exchange.label} \u2192 {answered(exchange)}"


def answered(exchange: Exchange) -> str:
    """Return an answer in words, with the status of what a Describe showed."""
    if exchange.delivery:
        return f"answer lost ({exchange.delivery})"
    answer = f"{exchange.status or exchange.outcome} {exchange.code}".rstrip()
    if exchange.message:
        return f"{answer}: {exchange.message}"
    describes = exchange.bodies if exchange.operation.startswith("Describe") else None
    found = _STATUS.search(describes[1]) if describes else None
    return f"{answer}, {found[1].decode()} {found[2].decode()}" if found else answer


def caused(exchange: Exchange) -> list[str]:
    """Return in words what the schedule did to a request, and how old what it missed was."""
    ages = {read.choice: read.age for read in exchange.reads}
    return [
        (cause.partition(" ")[2] if "#" in cause else cause)
        + (f", written {duration(ages[cause])} before" if cause in ages else "")
        for cause in exchange.causes
    ]
