"""The runtime's state in a scenario: counts, turns, sessions, and invocations that are running."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Hashable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sm_emulator.wire import Step

# The steps of a background job
Job = Generator[Step, Any, None]


class InvocationState:
    """The state of one scenario's invocations. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[Hashable] = Counter()
        self._running: Counter[Hashable] = Counter()
        self._turns: dict[Hashable, tuple[Mapping[str, float], dict[str, float]]] = {}
        self._queues: dict[Hashable, WorkQueue] = {}
        self.sessions: dict[Hashable, str] = {}

    def count(self, key: Hashable) -> int:
        """Count `key`; return how many times it was counted before."""
        with self._lock:
            self._counts[key] += 1
            return self._counts[key] - 1

    def turn(self, key: Hashable, weights: Mapping[str, float]) -> str:
        """Return whose turn it is: at any time, none is off its share by one turn or more.

        Each earns its weight and the richest pays the total. Changed weights start over.
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
        """Start an invocation unless `limit` are running; return whether it started."""
        with self._lock:
            if self._running[key] >= limit:
                return False
            self._running[key] += 1
            return True

    def leave(self, key: Hashable) -> None:
        """End an invocation that was started."""
        with self._lock:
            self._running[key] -= 1

    def queue(self, key: Hashable) -> WorkQueue:
        """Return the queue of the background jobs of `key`."""
        with self._lock:
            return self._queues.setdefault(key, WorkQueue())


@dataclass(slots=True)
class WorkQueue:
    """Jobs that wait while too many run. Whoever ends one takes the next."""

    _waiting: deque[Job] = field(default_factory=deque)
    _running: int = 0
    _lock: Lock = field(default_factory=Lock)

    def run(self, job: Job, limit: int) -> Job:
        """Run a job, and those queued meanwhile; queue it if `limit` jobs are running.

        A job that fails frees its slot, and its error is raised.
        """
        with self._lock:
            self._waiting.append(job)
            if self._running >= limit:
                return
            self._running += 1
        while (waiting := self._next()) is not None:
            yield from waiting

    def _next(self) -> Job | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            return None
