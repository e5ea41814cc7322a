"""A load generator of raw sockets, cheap enough not to be the bottleneck of a Python server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under load: answers per second, 99th percentile of latency in seconds."""

    rate: float
    p99: float


class _Client(asyncio.Protocol):
    """One connection: sends the next request when an answer is whole; connects anew when closed."""

    def __init__(
        self, port: int, make: Callable[[], bytes], until: float, latencies: list[float]
    ) -> None:
        self.port = port
        self.make = make
        self.until = until
        self.latencies = latencies
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.sent: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        now = time.perf_counter()
        if now >= self.until:
            self.sent = None
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.sent = now
        self.transport.write(self.make())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        lower = head.lower()
        at = lower.index(b"content-length:") + 15
        if len(body) < int(lower[at:].split(b"\r\n", 1)[0]):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self.buffer[:500].decode()))
            return
        assert self.sent is not None
        self.latencies.append(time.perf_counter() - self.sent)
        self.buffer = b""
        if b"connection: close" in lower:
            self.sent = None
            self.transport.close()  # connection_lost connects again
        else:
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if not self.done.done():
            self.task = asyncio.ensure_future(self.connect())

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.port)


def drive(port: int, make: Callable[[], bytes], connections: int, seconds: float) -> Load:
    """Send requests of `make` on `connections` at once for `seconds`; each waits for its answer.

    Raises RuntimeError at the first answer that is not 200.
    """

    async def run() -> Load:
        began = time.perf_counter()
        latencies: list[float] = []
        clients = [_Client(port, make, began + seconds, latencies) for _ in range(connections)]
        await asyncio.gather(*(client.connect() for client in clients))
        await asyncio.gather(*(client.done for client in clients))
        took = time.perf_counter() - began
        return Load(len(latencies) / took, sorted(latencies)[int(len(latencies) * 0.99)])

    return asyncio.run(run())
