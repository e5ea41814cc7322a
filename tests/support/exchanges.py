"""Exchanges by hand: what a journal would hold."""

import itertools

from sm_emulator.journal import Exchange, Seen

_NUMBERS = itertools.count(1)
MISS = Seen("load", 1, 1, 0.5, "late", missed=True)
STALE = Seen("describe", 1, 1, 0.5, "late", missed=False)
FRESH = Seen("describe", 0, 0, 0.5, "late", missed=False)


def exchange(
    at: float = 0.0, operation: str = "CreateEndpoint", resource: str = "e", **more
) -> Exchange:
    """One at `at` seconds, which took none; the id of its call and all else in `more`."""
    told = {
        "request_id": f"r{next(_NUMBERS)}",
        "at": at,
        "wall": at,
        "duration": 0.0,
        "operation": operation,
        "resource": resource,
        "region": "us-east-1",
        "session": "test",
        "invocation": "",
        "attempt": 1,
        "max_attempts": 0,
        "waiter": False,
        "status": 400 if more.get("code") else 200,
        "code": "",
        "message": "",
        "faults": (),
        "delivery": "",
        "met": (),
        "request_bytes": 2,
        "response_bytes": 2,
    }
    return Exchange(**{**told, **more})


def failed(at: float = 0.0, code: str = "ThrottlingException", **more) -> Exchange:
    """One that failed."""
    return exchange(at, code=code, **more)


def missed(at: float = 0.0, **more) -> Exchange:
    """One that was refused for what a stale read did not find."""
    message = 'Could not find endpoint configuration "arn".'
    return failed(at, "ValidationException", met=(MISS,), message=message, **more)
