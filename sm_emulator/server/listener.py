"""A listening socket, an event loop, and their end."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

from sm_emulator.server.dispatcher import Answering
from sm_emulator.server.protocol import Connection, Limits

_BACKLOG = 2048
_THREADS = 16
# How many containers may come before the collector looks at them, and how often it then looks at older
# ones. What is stored lives long and in no cycle: by Python's own 700, 10, 10 the collector went through
# all of it so often that this was a quarter of a late create's time (docs/performance.md).
_COLLECTED = (10_000, 500, 10)


class Listener:
    """Serves what `answering` answers, on `host` and `port` (0: a free one).

    The socket is bound at once. Raises OSError where that fails.
    """

    def __init__(self, answering: Answering, host: str, port: int, limits: Limits) -> None:
        self._answering = answering
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

        The process is taken to be this listener's own: its garbage collector is set for it.
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
            lambda: Connection(self._answering, self._connections, self._executor, self._limits),
            sock=self._socket,
        )
        ready()
        await self._stopping.wait()
        server.close()
        for connection in list(self._connections):
            connection.transport.close()  # answers are written whole: this sends what is left of them
        self._executor.shutdown(wait=False, cancel_futures=True)
        await server.wait_closed()
