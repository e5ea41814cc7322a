"""Keyed randomness: the same seed, purpose and key give the same number, in any order, anywhere."""

from __future__ import annotations

from hashlib import blake2b


def uniform(seed: int, purpose: str, *key: object) -> float:
    """Return a number from the open interval (0, 1).

    A draw belongs to its key and not to a stream, so traffic on other keys changes nothing, no
    lock is needed, and `PYTHONHASHSEED`, process and machine do not matter.
    """
    label = "\x1f".join((purpose, *map(str, key)))
    digest = blake2b(label.encode(), digest_size=8, key=seed.to_bytes(8, "big")).digest()
    # 52 bits and a half: exact in a double, and never 0 or 1, where inverse CDFs are infinite
    return ((int.from_bytes(digest, "big") >> 12) + 0.5) / (1 << 52)
