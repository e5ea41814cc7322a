"""Exchanges by hand: what a journal would hold."""

import itertools
from typing import Any

from sm_emulator.journal.exchange import Exchange, ReadSummary

_NUMBERS = itertools.count(1)
MISS = ReadSummary("load", 1, 1, 0.5, "late", missed=True)
STALE = ReadSummary("describe", 1, 1, 0.5, "late", missed=False)
FRESH = ReadSummary("describe", 0, 0, 0.5, "late", missed=False)


def exchange(
    at: float = 0.0, operation: str = "CreateEndpoint", resource: str = "e", **more: Any
) -> Exchange:
    """One at `at` seconds, which took none; the id of its call and all else in `more`."""
    members = {
        "wall": at,
        "region": "us-east-1",
        "session": "test",
        "status": 400 if more.get("code") else 200,
        "request_bytes": 2,
        "response_bytes": 2,
    }
    members |= {"operation": operation, "resource": resource, **more}
    return Exchange(f"r{next(_NUMBERS)}", at, **members)


def failed(at: float = 0.0, code: str = "ThrottlingException", **more: Any) -> Exchange:
    """One that failed."""
    return exchange(at, code=code, **more)


def missed(at: float = 0.0, **more: Any) -> Exchange:
    """One that was refused for what a stale read did not find."""
    message = 'Could not find endpoint configuration "arn".'
    return failed(at, "ValidationException", reads=(MISS,), message=message, **more)
