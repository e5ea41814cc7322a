"""The listening socket and its event loop, from start to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

from sm_emulator.server.connection import Connection, Limits
from sm_emulator.server.dispatcher import Handler

_BACKLOG = 2048
_THREADS = 16
# Thresholds of the garbage collector. Stored objects are long-lived and not in cycles; with Python's own
# 700, 10, 10 the collector traversed all of them so often that this took a quarter of the time of a
# create (docs/performance.md).
_COLLECTED = (10_000, 500, 10)


class Listener:
    """Serves `handler` on `host` and `port` (0: a free one).

    The socket is bound at once. Raises OSError where that fails.
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
        self._executor = ThreadPoolExecutor(_THREADS, "sm-emulator work")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None

    def run(self, ready: Callable[[], None]) -> None:
        """Serve in this thread until SIGINT or SIGTERM; `ready` is called once it listens.

        The process must be the listener's own: its garbage collector is tuned for it.
        """
        gc.freeze()
        gc.set_threshold(*_COLLECTED)
        asyncio.run(self._serve(ready, signals=(signal.SIGINT, signal.SIGTERM)))

    def start(self) -> None:
        """Serve in a thread of its own; returns once it listens."""
        listening = Event()
        self._thread = Thread(
            target=lambda: asyncio.run(self._serve(listening.set, signals=())),
            name=f"sm-emulator {self.url}",
            daemon=True,
        )
        self._thread.start()
        listening.wait()

    def stop(self) -> None:
        """End a started listener: its connections are closed and its thread has ended."""
        if self._thread is None or self._loop is None:
            self._socket.close()
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    async def _serve(self, ready: Callable[[], None], signals: tuple[signal.Signals, ...]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        for number in signals:
            self._loop.add_signal_handler(number, self._stopping.set)
        server = await self._loop.create_server(
            lambda: Connection(self._handler, self._connections, self._executor, self._limits),
            sock=self._socket,
        )
        ready()
        await self._stopping.wait()
        server.close()
        for connection in list(self._connections):
            connection.transport.close()  # answers are written whole: this sends what is left of them
        self._executor.shutdown(wait=False, cancel_futures=True)
        await server.wait_closed()
