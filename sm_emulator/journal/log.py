"""The log of requests: a line for each as it ends, for people or for programs."""

from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from sm_emulator.journal.exchange import Exchange
from sm_emulator.values import printable

Log = Callable[[Exchange], object]


def request_log(form: str, write: Callable[[str], object]) -> Log:
    """Return what writes a line for each exchange, as "text" or "json"; nothing for "none"."""
    line = {"none": None, "text": _text, "json": _json}[form]
    return (lambda exchange: write(f"{line(exchange)}\n")) if line else (lambda _: None)


def _text(exchange: Exchange) -> str:
    at = datetime.fromtimestamp(exchange.wall, UTC).strftime("%H:%M:%S.%f")[:-3]
    marks = ["stale"] * exchange.stale + [f"fault {name}" for name in exchange.faults]
    outcome = " ".join([str(exchange.status), exchange.outcome, *marks])
    attempt = f"attempt {exchange.attempt}"
    took = f"{exchange.duration * 1000:.1f} ms"
    return printable("  ".join([at, exchange.label or "(no operation)", attempt, outcome, took]))


def _json(exchange: Exchange) -> str:
    return orjson.dumps(exchange.as_json()).decode()
