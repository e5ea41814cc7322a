"""The listening socket and its event loop, from start to stop."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Thread, Timer

from sm_emulator.clock import real_time
from sm_emulator.server.connection import Connection, Limits
from sm_emulator.server.dispatcher import Handler
from sm_emulator.server.workers import Workers

_BACKLOG = 2048
# Thresholds of the garbage collector: objects, and collections of each generation before the next one.
# Stored objects are long-lived and not in cycles; with Python's own 700, 10, 10 the collector
# traversed all of them often, which took a quarter of the time of a create (docs/performance.md).
# A full collection stops all requests: 66 to 93 ms by 10,000, 10, 1, up to 64 by 10,000, 2, 1, under 20
# by these.
_COLLECTED = (3_000, 1, 1)
# As many objects that a full collection found alive are left out of the next ones
_ALIVE = 5_000
# Seconds after which a thread that computes lets the loop run: by Python's 5 ms each step of a request
# waited that long during a report (median latency of a describe 7 ms, by this 1 ms)
_SWITCH = 0.0005
# How long responses may take to leave at a stop, and the process to end
_FLUSH_SECONDS = 0.25
_EXIT_SECONDS = 0.75


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._monotonic = real_time("monotonic")
        try:
            super().__init__()
        except OSError:
            self._closed = True  # or asyncio prints an error of its finalizer
            raise

    def time(self) -> float:
        """Return the monotonic time, also where freezegun freezes `time.monotonic`."""
        return self._monotonic()


class Listener:
    """Serves `handler` on `host` and `port` (0: a free one).

    The socket is bound immediately. Raises OSError where that fails.
    """

    def __init__(self, handler: Handler, host: str, port: int, limits: Limits) -> None:
        self._handler = handler
        self._limits = limits
        self._socket = socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=_BACKLOG,
        )
        self.port: int = self._socket.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self.port}"
        self._connections: set[Connection] = set()
        self._workers = Workers(limits.connections)
        self._thread: Thread | None = None

    def run(self, ready: Callable[[], None]) -> None:
        """Serve in this thread until SIGINT or SIGTERM; `ready` is called once it listens.

        The process must be the listener's own: its interpreter is tuned for it, and it ends with
        exit code 0 within a second of the signal, at the second signal immediately.
        """
        gc.freeze()
        gc.set_threshold(*_COLLECTED)
        gc.callbacks.append(_freeze_living)
        sys.setswitchinterval(_SWITCH)

        def started() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._interrupt)
            ready()

        self._run(started)
        gc.freeze()  # the interpreter's end must not traverse all that is stored

    def start(self) -> None:
        """Serve in a thread of its own; returns once it listens. Raises OSError where it cannot."""
        if self._thread is not None:
            raise RuntimeError(f"already serving at {self.url}")
        started: Future[None] = Future()

        def run() -> None:
            try:
                self._run(lambda: started.set_result(None))
            except BaseException as error:  # noqa: BLE001  whatever it is, start() must not wait
                started.set_exception(error)

        self._thread = Thread(target=run, name=f"sm-emulator {self.url}", daemon=True)
        try:
            self._thread.start()
            started.result()
        except BaseException:
            self._thread = None
            self._socket.close()
            raise

    def stop(self) -> None:
        """Stop serving: all connections are closed and the thread has ended."""
        if self._thread is None:
            self._socket.close()
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    def _run(self, ready: Callable[[], None]) -> None:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(self._serve(ready))

    async def _serve(self, ready: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await self._loop.create_server(
            lambda: Connection(self._handler, self._connections, self._workers, self._limits),
            sock=self._socket,
        )
        ready()
        await self._stopping.wait()
        server.close()
        for connection in list(self._connections):
            connection.transport.close()  # sends what is left of its responses
        deadline = self._loop.time() + _FLUSH_SECONDS
        while self._connections and self._loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        for connection in list(self._connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # in which the aborted transports close their sockets

    def _interrupt(self, number: int, _frame: object) -> None:
        """Stop; the process ends in time even where the event loop or the interpreter's end is slow."""
        if self._stopping.is_set():
            os._exit(128 + number)
        self._stopping.set()
        self._loop.call_soon_threadsafe(lambda: None)  # wakes the loop
        end = Timer(_EXIT_SECONDS, os._exit, (0,))
        end.daemon = True
        end.start()


def _freeze_living(phase: str, collection: Mapping[str, int]) -> None:
    """Bound the length of full collections: each traverses only objects since the last one.

    With a million resources one would stop the process for a second. What is frozen and then released
    is still freed, unless it is in a cycle.
    """
    full = phase == "stop" and collection["generation"] == 2  # noqa: PLR2004  the oldest
    if full and len(gc.get_objects(2)) > _ALIVE:
        gc.freeze()
