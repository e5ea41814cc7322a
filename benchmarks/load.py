"""A load generator on raw sockets and epoll, cheap enough not to be the bottleneck of a Python server.

A request costs it some 10 to 20 µs, less than half of what asyncio's protocols took. Each run reports
how much of a core it used (`busy`), and compare.py what it reaches against a server that does nothing.
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


class Connection:
    """One connection: it sends, waits for the whole answer, and reconnects where that closes.

    `sent` is when the last request was sent, by perf_counter.
    """

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

    def request(self) -> None:
        """Send the next request. The time to reconnect counts, as it does for a user."""
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
        _, given, length = lower.partition(b"content-length:")
        if len(body) < int(length.split(b"\r\n", 1)[0]) if given else not body.endswith(b"0\r\n\r\n"):
            return False  # where no length is given, the body is in chunks
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(self._answer[:500].decode())
        self.closes = b"connection: close" in lower
        return True


class _Waiting:
    """The clients that wait for an answer, by the number of their socket."""

    def __init__(self, ready: select.epoll) -> None:
        self._ready = ready
        self.clients: dict[int, Connection] = {}

    def request(self, client: Connection) -> None:
        """Let it send, on a new connection where the last answer closed the old one."""
        if client.closes:
            self.leave(client)
        client.request()
        number = client.socket.fileno()
        if number not in self.clients:
            self.clients[number] = client
            self._ready.register(number, select.EPOLLIN)

    def leave(self, client: Connection) -> None:
        """Wait for it no more."""
        number = client.socket.fileno()
        del self.clients[number]
        self._ready.unregister(number)


def drive(port: int, make: Callable[[], bytes], connections: int, seconds: float) -> Load:
    """Send requests of `make` on `connections` in parallel for `seconds`; each waits for its answer.

    Raises RuntimeError at the first answer that is not 200.
    """
    latencies: list[float] = []
    began, spent = time.perf_counter(), time.process_time()
    with ExitStack() as stack:
        ready = stack.enter_context(select.epoll())
        waiting = _Waiting(ready)
        for _ in range(connections):
            waiting.request(stack.enter_context(closing(Connection(port, make))))
        while waiting.clients:
            for number, _ in ready.poll():
                client = waiting.clients[number]
                if client.answered():
                    now = time.perf_counter()
                    latencies.append(now - client.sent)
                    (waiting.request if now - began < seconds else waiting.leave)(client)
    took = time.perf_counter() - began
    p99 = sorted(latencies)[int(len(latencies) * 0.99)]
    return Load(len(latencies) / took, p99, (time.process_time() - spent) / took)
