"""Keyed chance: the same seed, purpose and key give the same number, in any order, anywhere."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

SEPARATOR = "\x1f"


def uniform(seed: int, purpose: str, *key: object) -> float:
    """Draw from the open interval (0, 1).

    A draw belongs to its key and not to a stream, so traffic on other keys changes nothing, no
    lock is needed, and `PYTHONHASHSEED`, process and machine do not matter.
    """
    label = SEPARATOR.join((purpose, *map(str, key)))
    hashed = blake2b(label.encode(), digest_size=8, key=seed.to_bytes(8, "big"))
    return _number(hashed.digest())


def draws(seed: int, purpose: str, *key: object) -> Callable[[str], float]:
    """Give draws whose keys begin alike, each at half the cost.

    `draws(seed, purpose, a)("b")` is `uniform(seed, purpose, a, "b")`.
    """
    label = SEPARATOR.join((purpose, *map(str, key), ""))
    begun = blake2b(label.encode(), digest_size=8, key=seed.to_bytes(8, "big"))

    def draw(end: str) -> float:
        hashed = begun.copy()
        hashed.update(end.encode())
        return _number(hashed.digest())

    return draw


def _number(digest: bytes) -> float:
    # 52 bits and a half: exact in a double, and never 0 or 1, where inverse CDFs are infinite
    return ((int.from_bytes(digest, "big") >> 12) + 0.5) / (1 << 52)
