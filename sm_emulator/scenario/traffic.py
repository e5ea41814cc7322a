"""The runtime's state in a scenario: counts, turns, sessions, and running invocations."""

from collections import Counter, deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sm_emulator.bounds import Bounds
from sm_emulator.store.version import Key
from sm_emulator.wire.steps import Step, contained

# What a background job takes in memory, apart from its request and replies
_JOB = 10_000

# The steps of a background job
Job = Generator[Step, Any, None]


class InvocationState:
    """The state of one scenario's invocations: what follows a reply may happen in any thread.

    Sessions and names come from clients and models: beyond `bounds` the oldest are evicted.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._lock = Lock()
        self._invocations: dict[Key, int] = {}
        self._running: Counter[Key] = Counter()
        self._starting: dict[tuple[Key, str, str], int] = {}
        self._turns: dict[Key, tuple[Mapping[str, float], dict[str, float]]] = {}
        self._queues: dict[tuple[Key, str], WorkQueue] = {}
        self._sessions: dict[tuple[Key, str], tuple[str, float]] = {}
        self._held = 0

    def count(self, endpoint: Key) -> int:
        """Count an invocation of an endpoint; return how many there were before."""
        self._invocations[endpoint] = nth = self._invocations.get(endpoint, 0) + 1
        self._bounds.keep("endpoints", self._invocations)
        return nth - 1

    def discard(self, endpoint: Key) -> None:
        """Drop what is kept of an endpoint that is deleted: another of its name starts from nothing."""
        with self._lock:
            self._invocations.pop(endpoint, None)
            self._turns.pop(endpoint, None)
            of_parts: tuple[dict[Any, Any], ...] = (self._starting, self._sessions, self._queues)
            for kept in of_parts:
                for each in [each for each in kept if each[0] == endpoint]:
                    del kept[each]

    def is_ready(self, model: tuple[Key, str, str], not_ready: int) -> bool:
        """Return whether a model has been invoked `not_ready` times before; count until it has."""
        count = self._starting.get(model, 0)
        if count < not_ready:
            self._starting[model] = count + 1
            self._bounds.keep("starting models", self._starting)
        return count >= not_ready

    def turn(self, endpoint: Key, weights: Mapping[str, float]) -> str:
        """Return whose turn it is: at any time, none is off its share by one turn or more.

        Each earns its weight and the richest pays the total. Changed weights start over.
        """
        known, earned = self._turns.get(endpoint, (None, {}))
        if known != weights:
            earned = dict.fromkeys(weights, 0.0)
            self._turns[endpoint] = (weights, earned)
            self._bounds.keep("endpoints", self._turns)
        for name, weight in weights.items():
            earned[name] += weight
        chosen = max(weights, key=lambda name: earned[name])
        earned[chosen] -= sum(weights.values())
        return chosen

    def enter(self, endpoint: Key, limit: int) -> bool:
        """Start an invocation unless `limit` are running; return whether it started."""
        with self._lock:
            if self._running[endpoint] >= limit:
                return False
            self._running[endpoint] += 1
            return True

    def leave(self, endpoint: Key) -> None:
        """End an invocation that was started."""
        with self._lock:
            self._running[endpoint] -= 1
            if not self._running[endpoint]:
                del self._running[endpoint]

    def begin_session(self, endpoint: Key, session: str, variant: str, ends: float) -> None:
        """Bind a session to a variant until `ends`, in seconds since 1970."""
        with self._lock:
            self._sessions[endpoint, session] = (variant, ends)
            self._bounds.keep("sessions of models", self._sessions)

    def session_variant(self, endpoint: Key, session: str, now: float) -> str | None:
        """Return the variant that a session is bound to; None if there is no such session any more."""
        variant, ends = self._sessions.get((endpoint, session), (None, now))
        if now < ends:
            return variant
        self.end_session(endpoint, session)
        return None

    def end_session(self, endpoint: Key, session: str) -> None:
        """Release a session from its variant."""
        with self._lock:
            self._sessions.pop((endpoint, session), None)

    def hold(self, job: Job, size: int) -> Job | None:
        """Return a background job that holds `size` bytes; None, and count it, if all hold too many."""
        size += _JOB
        with self._lock:
            if self._held + size > self._bounds.background_bytes:
                self._bounds.count("background jobs")
                job.close()
                return None
            self._held += size
        return self._release_after(job, size)

    def _release_after(self, job: Job, size: int) -> Job:
        try:
            yield from job
        finally:
            with self._lock:
                self._held -= size

    def queue(self, key: tuple[Key, str]) -> "WorkQueue":
        """Return the queue of the background jobs of an endpoint's variant."""
        queue = self._queues.setdefault(key, WorkQueue())
        self._bounds.keep("queues", self._queues)
        return queue


@dataclass(slots=True)
class WorkQueue:
    """Jobs that wait while too many run. Whoever ends one takes the next."""

    _waiting: deque[Job] = field(default_factory=deque)
    _running: int = 0
    _lock: Lock = field(default_factory=Lock)

    def run(self, job: Job, limit: int) -> Job:
        """Run a job, and then those that wait; queue it if `limit` jobs are running.

        A job that fails is logged. Its slot, and that of a run that is closed, is free again.
        """
        with self._lock:
            self._waiting.append(job)
            if self._running >= limit:
                return
            self._running += 1
        current = self._next()
        try:
            while current is not None:
                yield from contained(current)
                current = self._next()
        finally:
            if current is not None:
                with self._lock:
                    self._running -= 1

    def _next(self) -> Job | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            return None
