"""Tokens of further pages: where a page ended, and for which list; opaque, and of no use elsewhere."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b

import orjson

from sm_emulator.errors import ServiceError, validation
from sm_emulator.operations.registry import Members
from sm_emulator.store import Mark

_SIGNATURE = 12


def write_token(mark: Mark, *scope: object) -> str:
    """Write a token that only `scope` can read: scenario, operation, order and filters."""
    payload = orjson.dumps(list(mark))
    return base64.urlsafe_b64encode(_sign(payload, scope) + payload).decode()


def read_token(request: Members, *scope: object) -> Mark:
    """Read the request's NextToken. Raises ServiceError for one that was not written for `scope`."""
    token = request.get("NextToken")
    if token is None:
        return Mark()
    try:
        raw = base64.urlsafe_b64decode(token.encode())
    except (binascii.Error, ValueError):
        raise bad_token() from None
    signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if signature != _sign(payload, scope):
        raise bad_token()
    position, snapshot, start = orjson.loads(payload)
    return Mark(tuple(position) if position else None, snapshot, start)


def refuse_token(request: Members) -> None:
    """Refuse any token, where there is never a second page."""
    if "NextToken" in request:
        raise bad_token()


def bad_token() -> ServiceError:
    """Refuse a token: foreign, expired or damaged."""
    # as moto has it of every list of SageMaker, with the literal "{0}"; confidence low to medium
    return validation('Invalid pagination token because "{0}".')


def _sign(payload: bytes, scope: tuple[object, ...]) -> bytes:
    return blake2b(payload + repr(scope).encode(), digest_size=_SIGNATURE).digest()
