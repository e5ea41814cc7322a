"""What an exploration found, as one HTML page: each run that breaks the program, and the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sm_emulator.explore.difference import first_difference, in_words
from sm_emulator.explore.mask import Mask
from sm_emulator.explore.outputs import as_json
from sm_emulator.explore.run import Run
from sm_emulator.explore.search import Search
from sm_emulator.explore.text import verdict
from sm_emulator.journal.calls import group
from sm_emulator.report.page import render, timeline
from sm_emulator.report.report import build_report

# Requests that are drawn; the breaks beyond them are listed
_MOST = 200
# Two timelines share a screen
_HALF = 480.0


def as_html(search: Search, command: Sequence[str], settings: Sequence[str], max_lag: float) -> str:
    """Return the page: the verdict, the breaks with their timelines, and the counts."""
    found = as_json(search, command, settings)
    begun = hasattr(search, "mask")  # else it was stopped before it knew the reference
    requests = len(search.reference.exchanges) if begun else 0
    for each, row in zip(search.breaks, found["breaks"], strict=True):
        requests += len(each.run.exchanges)
        row["drawn"] = _timeline(each.run) if row is found["breaks"][0] or requests <= _MOST else None
        row.update(_difference(each.run, search.reference, search.mask))
    return render(
        "page.html",
        found,
        Path(__file__).parent,
        verdict=verdict(search, max_lag),
        reference=_timeline(search.reference) if begun else None,
    )


def _timeline(run: Run) -> dict[str, Any]:
    """Return what is drawn of a run, each attempt with its number in it."""
    calls = group(run.exchanges, virtual=True, one_program=True)
    chains = build_report([calls], {}, virtual=True).as_json()["retry_chains"]
    numbers = {exchange.request_id: number for number, exchange in enumerate(run.exchanges)}
    for chain in chains:
        for call in chain["calls"]:
            for attempt in call["attempts"]:
                attempt["step"] = numbers[attempt["request_id"]]
    return timeline(chains, screen=_HALF)


def _difference(run: Run, reference: Run, mask: Mask) -> Mapping[str, Any]:
    """Return the number of the first request that went otherwise than in the reference, and both."""
    number = first_difference(run, reference, mask)
    if number is None:
        return {"step": None}
    pair = run.exchanges[number : number + 1], reference.exchanges[number : number + 1]
    here, there = (in_words(part[0]) if part else "nothing more" for part in pair)
    return {"step": number, "here": here, "there": there}
