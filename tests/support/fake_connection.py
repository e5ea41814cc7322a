"""A connection of the listener without a socket or a loop: fed by hand, on a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from sm_emulator.server.connection import Connection, Limits
from sm_emulator.server.dispatcher import Handler
from sm_emulator.server.workers import Workers


@dataclass
class Timer:
    at: float
    call: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Loop:
    """Stands for asyncio's loop."""

    now: float = 0.0
    timers: list[Timer] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, function: Callable[..., object], *args: Any) -> Timer:
        self.timers.append(Timer(self.now + delay, lambda: function(*args)))
        return self.timers[-1]

    def call_soon(self, function: Callable[..., object], *args: Any) -> None:
        self.call_later(0, function, *args)

    def call_soon_threadsafe(self, function: Callable[..., object], *args: Any) -> None:
        function(*args)

    def advance(self, seconds: float) -> None:
        """Let time pass, and what was to be called in it be called."""
        until = self.now + seconds
        while due := [t for t in self.timers if t.at <= until and not t.cancelled]:
            first = min(due, key=lambda timer: timer.at)
            self.timers.remove(first)
            self.now = max(self.now, first.at)
            first.call()
        self.now = until


class Inline(Workers):
    """Runs work immediately, in the caller's thread."""

    def start(self, kind: str, job: Callable[[], None]) -> None:
        del kind
        job()


class Transport(asyncio.Transport):
    """Keeps what is written; as asyncio's, it reports its end later."""

    def __init__(self) -> None:
        super().__init__({"socket": mock.Mock()})
        self.written = b""
        self.closing = self.half_closed = self.aborted = False
        self.unsent = 0
        self.paused = False

    def write(self, data: Any) -> None:
        assert not self.closing, "written after the end"
        assert not self.half_closed, "written after the end of the last response"
        self.written += data

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True

    def write_eof(self) -> None:
        self.half_closed = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Fed:
    """One connection to `handler`."""

    def __init__(
        self,
        handler: Handler,
        others: set[Connection] | None = None,
    ) -> None:
        self.loop = Loop()
        self.transport = Transport()
        limits = Limits(body=1_000_000, connections=10)
        self.connection = Connection(handler, set() if others is None else others, Inline(1), limits)
        with mock.patch.object(asyncio, "get_running_loop", return_value=self.loop):
            self.connection.connection_made(self.transport)

    def feed(self, data: bytes) -> bytes:
        """Let bytes arrive, unless the connection is closed; give all that was written so far."""
        if not self.transport.closing:
            self.connection.data_received(data)
        return self.transport.written

    def lose(self) -> None:
        """Let the connection end."""
        self.connection.connection_lost(None)
