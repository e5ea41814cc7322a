"""Named bundles of faults, in the words of the configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_INVENTED = "invented: figures that hurt, not measured ones"
_WRITES = {"operation": "[CUD]*"}  # Create…, Update…, Delete…


@dataclass(frozen=True, slots=True)
class FaultPreset:
    """A bundle of `faults`, what it does, and how well its figures are founded.

    `consistency` names the preset of consistency that comes with it where it is asked for by --preset.
    """

    name: str
    summary: str
    basis: str
    faults: tuple[Mapping[str, Any], ...]
    consistency: str = "strong"


FAULT_PRESETS = (
    FaultPreset(
        "throttle-storm",
        "every other request is throttled",
        "AWS's code, status and text; the share is invented",
        (
            {
                "name": "throttle-storm",
                "effect": {"fault": "throttle"},
                "when": {"probability": 0.5},
            },
        ),
    ),
    FaultPreset(
        "lost-reply",
        "what creates, updates or deletes happens, and the answer to its first attempt is lost",
        'exact by construction: the retry meets "Cannot create already existing"',
        (
            {
                "name": "lost-reply",
                "effect": {"fault": "close"},
                "match": {**_WRITES, "phase": "after"},
                "when": {"first": 1, "per": "call"},
            },
        ),
    ),
    FaultPreset(
        "flaky-network",
        "connections are reset before, closed after, cut short; and answers take their time",
        _INVENTED,
        (
            {
                "name": "flaky-jitter",
                "effect": {
                    "fault": "latency",
                    "delay": {"dist": "lognormal", "median": "20ms", "p99": "400ms"},
                },
            },
            {
                "name": "flaky-reset",
                "effect": {"fault": "reset"},
                "match": {"phase": "before"},
                "when": {"probability": 0.05},
            },
            {
                "name": "flaky-close",
                "effect": {"fault": "close"},
                "match": {"phase": "after"},
                "when": {"probability": 0.05},
            },
            {
                "name": "flaky-truncate",
                "effect": {"fault": "truncate"},
                "when": {"probability": 0.02},
            },
        ),
    ),
    FaultPreset(
        "slow-control-plane",
        "answers take 300 ms, one in a hundred three seconds; writes a second more",
        _INVENTED,
        (
            {
                "name": "slow-writes",
                "effect": {"fault": "latency", "delay": "1s"},
                "match": {**_WRITES, "phase": "after"},
            },
            {
                "name": "slow",
                "effect": {
                    "fault": "latency",
                    "delay": {"dist": "lognormal", "median": "300ms", "p99": "3s"},
                },
            },
        ),
    ),
    FaultPreset(
        "brown-out",
        "a service half down: slow, 503 and throttling, writes that happen and say 500, stale reads",
        f"{_INVENTED}; reads as stale as preset dynamodb has them",
        (
            {
                "name": "brown-out-slow",
                "effect": {
                    "fault": "latency",
                    "delay": {"dist": "lognormal", "median": "200ms", "p99": "2s"},
                },
            },
            {
                "name": "brown-out-503",
                "effect": {"fault": "error", "code": "ServiceUnavailable"},
                "when": {"probability": 0.2},
            },
            {
                "name": "brown-out-throttle",
                "effect": {"fault": "throttle"},
                "when": {"probability": 0.1},
            },
            {
                "name": "brown-out-500",
                "effect": {"fault": "error", "code": "InternalFailure"},
                "match": {**_WRITES, "phase": "after"},
                "when": {"probability": 0.1},
            },
        ),
        "dynamodb",
    ),
)
