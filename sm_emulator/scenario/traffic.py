"""What the runtime remembers of a scenario: how often it was asked, by turn, and what is under way."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Hashable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sm_emulator.wire import Step

# What is done beside: its steps
Job = Generator[Step, Any, None]


class InvocationState:
    """Counts of one scenario. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[Hashable] = Counter()
        self._under_way: Counter[Hashable] = Counter()
        self._turns: dict[Hashable, tuple[Mapping[str, float], dict[str, float]]] = {}
        self._lanes: dict[Hashable, WorkQueue] = {}
        self.sessions: dict[Hashable, str] = {}

    def count(self, key: Hashable) -> int:
        """Count `key`; gives how many times it was counted before."""
        with self._lock:
            self._counts[key] += 1
            return self._counts[key] - 1

    def turn(self, key: Hashable, weights: Mapping[str, float]) -> str:
        """Give whose turn it is, so that after any number of turns none is off its share by one or more.

        Each earns its weight and the richest pays all of it. Other weights begin anew.
        """
        with self._lock:
            known, earned = self._turns.get(key, (None, {}))
            if known != weights:
                earned = dict.fromkeys(weights, 0.0)
                self._turns[key] = (weights, earned)
            for name, weight in weights.items():
                earned[name] += weight
            chosen = max(weights, key=lambda name: earned[name])
            earned[chosen] -= sum(weights.values())
            return chosen

    def enter(self, key: Hashable, limit: int) -> bool:
        """Begin something of which at most `limit` may be under way; tells whether that is so."""
        with self._lock:
            if self._under_way[key] >= limit:
                return False
            self._under_way[key] += 1
            return True

    def leave(self, key: Hashable) -> None:
        """End what was entered."""
        with self._lock:
            self._under_way[key] -= 1

    def lane(self, key: Hashable) -> WorkQueue:
        """Give the queue of what `key` does beside."""
        with self._lock:
            return self._lanes.setdefault(key, WorkQueue())


@dataclass(slots=True)
class WorkQueue:
    """Jobs that wait while too many run; who has ended one takes the next."""

    _waiting: deque[Job] = field(default_factory=deque)
    _running: int = 0
    _lock: Lock = field(default_factory=Lock)

    def run(self, job: Job, limit: int) -> Job:
        """Do a job and those that have come meanwhile; only where fewer than `limit` run, now."""
        with self._lock:
            self._waiting.append(job)
            if self._running >= limit:
                return
            self._running += 1
        while (waiting := self._take()) is not None:
            yield from waiting

    def _take(self) -> Job | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            return None
