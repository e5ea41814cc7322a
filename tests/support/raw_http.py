"""HTTP by hand, over a socket: requests as bytes, answers as parsed heads and bodies."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

JSON = b"application/x-amz-json-1.1"


@dataclass(frozen=True)
class Reply:
    """One HTTP response as it came: header names in their own case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return dict(self.headers)[name]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request(
    body: bytes = b"{}", target: str = "DescribeModel", *more: str, method: str = "POST"
) -> bytes:
    """Write a request for an operation; `more` are header lines."""
    lines = [
        f"{method} / HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/x-amz-json-1.1",
        f"X-Amz-Target: SageMaker.{target}",
        *more,
    ]
    if not any(line.lower().startswith("transfer-encoding") for line in more):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Wire:
    """A connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.file = connection.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self, *, head_only: bool = False) -> Reply:
        status = int(self.file.readline().split()[1])
        headers = []
        while line := self.file.readline().strip():
            name, _, value = line.decode("latin-1").partition(": ")
            headers.append((name, value))
        length = int(dict(headers).get("Content-Length", 0))
        return Reply(status, headers, b"" if head_only else self.file.read(length))

    def exchange(self, data: bytes) -> Reply:
        self.send(data)
        return self.receive()

    def is_closed(self) -> bool:
        """Wait until the server has hung up; False if it says something more instead."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        opened = Wire(connection)
        try:
            yield opened
        finally:
            opened.file.close()
