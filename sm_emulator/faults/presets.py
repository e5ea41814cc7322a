"""Named bundles of faults, as a configuration file would have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_INVENTED = "invented: figures chosen to hurt, not measured"
_WRITES = {"operation": "[CUD]*"}  # Create…, Update…, Delete…


@dataclass(frozen=True, slots=True)
class FaultPreset:
    """A bundle of `faults`, what it does, and how well its figures are founded.

    `consistency` names the consistency preset that --preset selects together with it.
    """

    name: str
    summary: str
    basis: str
    faults: tuple[Mapping[str, Any], ...]
    consistency: str = "strong"


def _rule(name: str, fault: str, settings: Any = None, **conditions: Any) -> Mapping[str, Any]:
    """Return a rule; `conditions` are its match and when."""
    return {"name": name, "effect": {"fault": fault, **(settings or {})}, **conditions}


def _lognormal(median: str, p99: str) -> dict[str, Any]:
    return {"delay": {"dist": "lognormal", "median": median, "p99": p99}}


FAULT_PRESETS = (
    FaultPreset(
        "throttle-storm",
        "half of the requests, by chance, are throttled",
        "AWS's code, status and text; the share is invented",
        (_rule("throttle-storm", "throttle", when={"probability": 0.5}),),
    ),
    FaultPreset(
        "lost-reply",
        "creates, updates and deletes happen, but the response to the first attempt is lost",
        'exact by construction: the retry gets "Cannot create already existing"',
        (
            _rule(
                "lost-reply",
                "close",
                match={**_WRITES, "phase": "after"},
                when={"first": 1, "per": "call"},
            ),
        ),
    ),
    FaultPreset(
        "flaky-network",
        "connections are reset before, closed after or cut short; responses are slow",
        _INVENTED,
        (
            _rule("flaky-jitter", "latency", _lognormal("20ms", "400ms")),
            _rule("flaky-reset", "reset", match={"phase": "before"}, when={"probability": 0.05}),
            _rule("flaky-close", "close", match={"phase": "after"}, when={"probability": 0.05}),
            _rule("flaky-truncate", "truncate", when={"probability": 0.02}),
        ),
    ),
    FaultPreset(
        "slow-control-plane",
        "responses take 300 ms, one in a hundred three seconds; writes one second more",
        _INVENTED,
        (
            _rule("slow-writes", "latency", {"delay": "1s"}, match={**_WRITES, "phase": "after"}),
            _rule("slow", "latency", _lognormal("300ms", "3s")),
        ),
    ),
    FaultPreset(
        "brown-out",
        "a degraded service: slow, 503 and throttling, writes that happen but return 500, stale reads",
        f"{_INVENTED}; reads are as stale as in preset dynamodb",
        (
            _rule("brown-out-slow", "latency", _lognormal("200ms", "2s")),
            _rule("brown-out-503", "error", {"code": "ServiceUnavailable"}, when={"probability": 0.2}),
            _rule("brown-out-throttle", "throttle", when={"probability": 0.1}),
            _rule(
                "brown-out-500",
                "error",
                {"code": "InternalFailure"},
                match={**_WRITES, "phase": "after"},
                when={"probability": 0.1},
            ),
        ),
        "dynamodb",
    ),
)
