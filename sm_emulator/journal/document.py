"""Exchanges and calls as the admin API and reports give them."""

from __future__ import annotations

from typing import Any

from sm_emulator.journal.calls import LogicalCall
from sm_emulator.journal.exchange import Exchange
from sm_emulator.journal.journal import Entries


def exchange_to_json(exchange: Exchange) -> dict[str, Any]:
    """Tell of one exchange, with its bodies as text where the journal has them."""
    document = {name: getattr(exchange, name) for name in _MEMBERS}
    document["faults"] = list(exchange.faults)
    document["reads"] = [read._asdict() for read in exchange.reads]
    if exchange.bodies is not None:
        request, answer = (body.decode(errors="replace") for body in exchange.bodies)
        document |= {"request": request, "response": answer}
    return document


def entries_to_json(entries: Entries) -> dict[str, Any]:
    """Tell of a page of a journal."""
    return {
        "exchanges": [exchange_to_json(exchange) for exchange in entries.exchanges],
        "next": entries.next,
        "dropped": entries.dropped,
    }


def call_to_json(call: LogicalCall) -> dict[str, Any]:
    """Tell of one logical call, its attempts in full."""
    return {
        "id": call.id,
        "operation": call.operation,
        "resource": call.resource,
        "session": call.session,
        "outcome": call.outcome,
        "succeeded": call.succeeded,
        "stale": call.stale,
        "retried": call.retried,
        "retry_of": call.retry_of,
        "waited": call.waited,
        "waits": list(call.waits),
        "attempts": [exchange_to_json(attempt) for attempt in call.attempts],
    }


_MEMBERS = (
    "request_id",
    "at",
    "wall",
    "duration",
    "operation",
    "resource",
    "region",
    "session",
    "invocation",
    "attempt",
    "max_attempts",
    "waiter",
    "status",
    "code",
    "message",
    "outcome",
    "stale",
    "faults",
    "delivery",
    "reads",
    "request_bytes",
    "response_bytes",
    "origin",
)
