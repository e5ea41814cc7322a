"""The log of requests: a line for each as it ends, for people or for programs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from sm_emulator.journal.exchange import Exchange
from sm_emulator.values import printable

Log = Callable[[Exchange], object]


def request_log(form: str, write: Callable[[str], object]) -> Log:
    """Return what writes a line for each exchange, as "text" or "json"; nothing for "none"."""
    line = {"none": None, "text": as_line, "json": _json}[form]
    return (lambda exchange: write(f"{line(exchange.as_json())}\n")) if line else (lambda _: None)


def as_line(exchange: dict[str, Any]) -> str:
    """Return an exchange of the journal as one line: when, what, outcome, and how long it took."""
    at = datetime.fromtimestamp(exchange["wall"], UTC).strftime("%H:%M:%S.%f")[:-3]
    label = f"{exchange['operation']} {exchange['resource']}".strip() or "(no operation)"
    marks = ["stale"] * exchange["stale"] + [f"fault {name}" for name in exchange["faults"]]
    outcome = " ".join([str(exchange["status"]), exchange["outcome"], *marks])
    took = f"{exchange['duration'] * 1000:.1f} ms"
    return printable("  ".join([at, label, f"attempt {exchange['attempt']}", outcome, took]))


def _json(exchange: dict[str, Any]) -> str:
    return orjson.dumps(exchange).decode()
