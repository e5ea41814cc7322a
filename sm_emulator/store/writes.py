"""How often each key was written, which draws need: bounded, though no name be used twice."""

from __future__ import annotations

from array import array
from zlib import crc32

from sm_emulator.store.version import Key

# How many deleted keys are remembered one by one: 3 MB of them
REMEMBERED = 10_000
_SHARED = 65_536


class Writes:
    """Counts the writes of keys.

    Of keys that are deleted the last REMEMBERED are known. Those before them share one count with all
    whose names have the same hash: the highest, so that the numbers of a key's writes never repeat.
    Which it is depends on the requests alone.
    """

    def __init__(self) -> None:
        self._counts: dict[Key, int] = {}
        self._deleted: dict[Key, None] = {}
        # half a megabyte, which most scenarios never need
        self._shared = array("Q")

    def __getitem__(self, key: Key) -> int:
        count = self._counts.get(key)
        if count is None:
            return self._shared[_hash(key)] if self._shared else 0
        return count

    def add(self, key: Key, *, deletes: bool) -> int:
        """Count a write; gives its number."""
        count = self._counts[key] = self[key] + 1
        if deletes:
            self._deleted[key] = None
            if len(self._deleted) > REMEMBERED:
                self._forget(next(iter(self._deleted)))
        elif key in self._deleted:
            del self._deleted[key]
        return count

    def _forget(self, key: Key) -> None:
        del self._deleted[key]
        self._shared = self._shared or array("Q", bytes(8 * _SHARED))
        shared = _hash(key)
        self._shared[shared] = max(self._shared[shared], self._counts.pop(key))


def _hash(key: Key) -> int:
    return crc32("\x1f".join(key).encode()) % _SHARED
