"""A load generator on raw sockets and epoll, cheap enough not to be the bottleneck of a Python server.

A request costs it some 10 to 20 µs, less than half of what asyncio's protocols took. Each run tells how
much of a core it used (`busy`), and compare.py what it reaches against a server that does nothing.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under load: answers per second, 99th percentile of latency in seconds.

    `busy` is the share of one core that the generator used.
    """

    rate: float
    p99: float
    busy: float


class _Client:
    """One connection: it sends, waits for the whole answer, and connects anew where that closes."""

    def __init__(self, port: int, make: Callable[[], bytes]) -> None:
        self._port = port
        self._make = make
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closes = False

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def ask(self) -> None:
        """Send the next request. The time to connect anew counts, as it does for a user."""
        self.sent = time.perf_counter()
        if self.closes:
            self.close()
            self._connect()
        self._answer = b""
        self.socket.sendall(self._make())

    def answered(self) -> bool:
        """Read what is there; is the answer whole? Raises RuntimeError if it is not a 200."""
        self._answer += self.socket.recv(65536)
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return False
        lower = head.lower()
        _, told, length = lower.partition(b"content-length:")
        if len(body) < int(length.split(b"\r\n", 1)[0]) if told else not body.endswith(b"0\r\n\r\n"):
            return False  # where no length is told, the body is in chunks
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(self._answer[:500].decode())
        self.closes = b"connection: close" in lower
        return True


def drive(port: int, make: Callable[[], bytes], connections: int, seconds: float) -> Load:
    """Send requests of `make` on `connections` at once for `seconds`; each waits for its answer.

    Raises RuntimeError at the first answer that is not 200.
    """
    latencies: list[float] = []
    waiting: dict[int, _Client] = {}
    began, spent = time.perf_counter(), time.process_time()
    with ExitStack() as stack:
        ready = stack.enter_context(select.epoll())

        def ask(client: _Client) -> None:
            client.ask()
            number = client.socket.fileno()
            if number not in waiting:
                waiting[number] = client
                ready.register(number, select.EPOLLIN)

        for _ in range(connections):
            ask(stack.enter_context(closing(_Client(port, make))))
        while waiting:
            for number, _ in ready.poll():
                client = waiting[number]
                if not client.answered():
                    continue
                now = time.perf_counter()
                latencies.append(now - client.sent)
                over = now - began >= seconds
                if over or client.closes:
                    del waiting[number]
                    ready.unregister(number)
                if not over:
                    ask(client)
    took = time.perf_counter() - began
    p99 = sorted(latencies)[int(len(latencies) * 0.99)]
    return Load(len(latencies) / took, p99, (time.process_time() - spent) / took)
