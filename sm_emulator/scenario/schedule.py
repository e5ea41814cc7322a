"""What is to happen in a scenario by itself: when, and to which resource. It does nothing by itself."""

from __future__ import annotations

import heapq

from sm_emulator.store import Key


class Schedule:
    """Times that fall due, and counts of describes since the last change."""

    def __init__(self) -> None:
        self._due: list[tuple[float, Key]] = []
        self._awaited: dict[Key, float] = {}
        self._describes: dict[Key, int] = {}

    def await_step(self, key: Key, due: float | None) -> None:
        """Note that something becomes of `key` at `due` (None: by describes), and count anew.

        What was to become of it before is called off.
        """
        self._describes.pop(key, None)
        self._awaited.pop(key, None)
        if due is not None:
            self._awaited[key] = due
            heapq.heappush(self._due, (due, key))

    def next(self, now: float) -> tuple[float, Key] | None:
        """Take the first that has fallen due by `now`; None where none has."""
        while self._due and self._due[0][0] <= now:
            due, key = heapq.heappop(self._due)
            if self._awaited.get(key) == due:
                del self._awaited[key]
                return due, key
        return None

    def count(self, key: Key) -> int:
        """Count a describe of `key`; gives how many there were since the last change."""
        self._describes[key] = self._describes.get(key, 0) + 1
        return self._describes[key]
