"""Servers that misbehave, as containers and upstreams of the besieged one."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n"
# What each sends first, and then again and again. One without the latter hangs up; the silent one waits.
BEHAVIOURS: dict[str, tuple[bytes, bytes]] = {
    "is silent": (b"", b""),
    "answers without end": (_HEAD, b"x" * 100_000),
    "drips": (_HEAD, b"x"),
    "breaks off": (_HEAD + b"x", b""),
    "does not answer in HTTP": (b"\0\xff" * 100, b""),
    "sends headers without end": (b"HTTP/1.1 200 OK\r\n", b"A: " + b"x" * 10_000 + b"\r\n"),
}


@contextmanager
def serving(behaviour: str) -> Iterator[str]:
    """Listen, and answer each connection by a behaviour; give the URL."""
    first, again = BEHAVIOURS[behaviour]
    ended = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(first)
            while again and not ended.wait(0.01):
                connection.sendall(again)
            if not first:
                ended.wait()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
