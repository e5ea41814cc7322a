"""What an exploration found, as one HTML page: each run that breaks the program, and the reference."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sm_emulator.explore.mask import Mask
from sm_emulator.explore.outputs import as_json, as_text
from sm_emulator.explore.run import Run
from sm_emulator.explore.search import Search
from sm_emulator.journal.calls import group
from sm_emulator.journal.exchange import Exchange
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
        row.update(_first_difference(each.run, search.reference, search.mask))
    return render(
        "page.html",
        found,
        Path(__file__).parent,
        verdict=next(as_text(search, max_lag, str)),
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


def _first_difference(run: Run, reference: Run, mask: Mask) -> Mapping[str, Any]:
    """Return the number of the first request that went otherwise than in the reference, and both.

    Nothing that a schedule causes happens before its first cause.
    """
    steps, usual = mask.steps(run), mask.steps(reference)
    acted = (number for number, exchange in enumerate(run.exchanges) if exchange.causes)
    longest = max(len(steps), len(usual))
    for number in range(next(acted, 0), longest):
        if steps[number : number + 1] != usual[number : number + 1]:
            pair = run.exchanges[number : number + 1], reference.exchanges[number : number + 1]
            here, there = (_in_words(part[0]) if part else "nothing more" for part in pair)
            return {"step": number, "here": here, "there": there}
    return {"step": None}


def _in_words(exchange: Exchange) -> str:
    """Return a request and its answer, with the status of what a Describe showed."""
    answer = f"{exchange.status or exchange.outcome} {exchange.code}".rstrip()
    if exchange.delivery:
        answer = f"answer lost ({exchange.delivery})"
    elif exchange.message:
        answer += f": {exchange.message}"
    elif status := _status(exchange):
        answer += f", {status}"
    return f"{exchange.place or exchange.label} \u2192 {answer}"


def _status(exchange: Exchange) -> str:
    document = json.loads(exchange.bodies[1] or b"null") if exchange.bodies else None
    members = document.items() if isinstance(document, dict) else ()
    return next((f"{name} {value}" for name, value in members if name.endswith("Status")), "")
