"""The servers under test: how each is started, and when it has answered first."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faults
from messages import MODEL, create, request

BIN = Path(sys.executable).parent
HERE = Path(__file__).parent


@dataclass(eq=False)
class Server:
    """A server under test. Its `command` may hold {port}, and {upstream}: the port of `upstream`.

    `started` is how many seconds the last start took to the first answered CreateEndpointConfig.
    """

    name: str
    command: list[str]
    upstream: Server | None = None
    port: int = 0
    pid: int = 0
    started: float = 0

    def processor_seconds(self) -> float:
        """Return the processor time that it and its backends have used."""
        clock = (~self.pid << 3) | 2  # its clock, as clock_getcpuclockid(3) names it
        behind = self.upstream.processor_seconds() if self.upstream else 0
        return time.clock_gettime(clock) + behind

    def resident_megabytes(self) -> float:
        """Return the memory that it and its backends use now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        behind = self.upstream.resident_megabytes() if self.upstream else 0
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 + behind


def ours(
    name: str = "sm-emulator", preset: str = "strong", rules: Sequence[dict[str, Any]] = ()
) -> Server:
    """Describe the emulator with a preset and fault rules."""
    given = ["--set", f"faults={json.dumps(rules)}"] if rules else []
    return Server(
        name, [str(BIN / "sm-emulator"), "serve", "--port", "{port}", "--preset", preset, *given]
    )


def moto() -> Server:
    """Describe moto's own server."""
    return Server("moto", [str(BIN / "moto_server"), "-p", "{port}"])


def microburst(upstream: Server, configuration: Path) -> Server:
    """Describe microburst before `upstream`, with its rules, which are written to `configuration`."""
    configuration.write_text(json.dumps({"rules": faults.MICROBURST}))
    command = [str(BIN / "microburst"), "--port", "{port}", "--config", str(configuration)]
    command += ["--upstream", "http://127.0.0.1:{upstream}"]
    return Server(f"{upstream.name} behind microburst", command, upstream)


def program(name: str, file: str) -> Server:
    """Describe a server that is a program of this directory."""
    return Server(name, [sys.executable, str(HERE / file), "{port}"])


@contextmanager
def serving(server: Server) -> Iterator[None]:
    """Start it, and note how long it took to answer CreateModel and CreateEndpointConfig."""
    began = time.perf_counter()
    with _running(server) as process:
        while not _answered(server.port, request("CreateModel", MODEL)):
            if process.poll() is not None:
                raise RuntimeError(f"{server.name} ended with {process.returncode}: {server.command}")
            time.sleep(0.001)
        while not _answered(server.port, create("known")):
            pass  # a late load may miss the model
        server.started = time.perf_counter() - began
        yield


@contextmanager
def _running(server: Server) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process, and at the same time the one behind it."""
    server.port = free_port()
    with ExitStack() as stack:
        if server.upstream:
            stack.enter_context(_running(server.upstream))
        ports = {"{port}": server.port, "{upstream}": server.upstream.port if server.upstream else 0}
        command = [_fill(part, ports) for part in server.command]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
            server.pid = process.pid
            try:
                yield process
            finally:
                process.terminate()


def _fill(part: str, ports: dict[str, int]) -> str:
    for mark, port in ports.items():
        part = part.replace(mark, str(port))
    return part


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _answered(port: int, data: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(data)
            return connection.recv(65536).startswith(b"HTTP/1.1 200")
    except ConnectionRefusedError:
        return False
