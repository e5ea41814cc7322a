"""The transitions that are due in a scenario: when, and of which resource."""

from __future__ import annotations

import heapq

from sm_emulator.store import Key


class Schedule:
    """Due times, and counts of describes since the last change. It executes nothing by itself."""

    def __init__(self) -> None:
        self._due: list[tuple[float, Key]] = []
        self._expected: dict[Key, float] = {}
        self._describes: dict[Key, int] = {}

    def expect(self, key: Key, due: float | None) -> None:
        """Schedule the next transition of `key` at `due` (None: by describes), instead of any before.

        The count of its describes starts again at 0.
        """
        self._describes.pop(key, None)
        self._expected.pop(key, None)
        if due is not None:
            self._expected[key] = due
            heapq.heappush(self._due, (due, key))

    def next(self, now: float) -> tuple[float, Key] | None:
        """Take the first transition that is due by `now`; None if there is none."""
        while self._due and self._due[0][0] <= now:
            due, key = heapq.heappop(self._due)
            if self._expected.get(key) == due:
                del self._expected[key]
                return due, key
        return None

    def count(self, key: Key) -> int:
        """Count a describe of `key`; return how many there were since the last change."""
        self._describes[key] = self._describes.get(key, 0) + 1
        return self._describes[key]
