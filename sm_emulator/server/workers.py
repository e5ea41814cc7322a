"""Threads for work that blocks, apart from the event loop."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from threading import Lock, Thread

Job = Callable[[], None]
# Fewer threads of a kind than the limit: each thread that computes delays the loop
_MOST = {"admin": 4, "decode": 1}


class Workers:
    """Runs each job in a thread of its own, at most `limit` at a time of each kind; others are queued.

    Kinds never wait for each other, so the work of one cannot starve the work of another that it calls.
    The threads are daemons: a job that does not return keeps no process alive.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._running: Counter[str] = Counter()
        self._queued: defaultdict[str, deque[Job]] = defaultdict(deque)

    def start(self, kind: str, job: Job) -> None:
        """Run a job, which must not raise, as soon as its kind has a free thread.

        Raises RuntimeError where the system allows no thread at all.
        """
        with self._lock:
            if self._running[kind] >= _MOST.get(kind, self._limit):
                self._queued[kind].append(job)
                return
            self._running[kind] += 1
        thread = Thread(target=self._run, args=(kind, job), name=f"sm-emulator {kind}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            with self._lock:
                self._running[kind] -= 1
                if not self._running[kind]:
                    raise
                self._queued[kind].append(job)

    def _run(self, kind: str, job: Job | None) -> None:
        while job:
            job()
            with self._lock:
                job = self._queued[kind].popleft() if self._queued[kind] else None
                self._running[kind] -= job is None
