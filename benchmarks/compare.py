"""Creates and describes per second, start-up and memory: sm-emulator beside moto's server.

    make bench                              # or: python benchmarks/compare.py --rounds 5 --seconds 3

Both serve at once and are loaded in turn, so that the machine's moods meet both. Ratios are what
counts; absolute figures are of this machine and this moment.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from load import Load, drive

CONNECTIONS = 8
BIN = Path(sys.executable).parent
_names = count()


@dataclass
class Server:
    """A server under test: its `command` may hold {port}; figures are gathered in it."""

    name: str
    command: list[str]
    port: int = 0
    pid: int = 0
    started: list[float] = field(default_factory=list)
    loads: dict[str, list[Load]] = field(default_factory=dict)


def request(operation: str, **members: object) -> bytes:
    """Write a request as botocore does, but for the signature, which neither server checks."""
    body = json.dumps(members).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n"
        f"X-Amz-Target: SageMaker.{operation}\r\nContent-Type: application/x-amz-json-1.1\r\n"
        "User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux \r\n"
        "X-Amz-Date: 20260101T000000Z\r\n"
        "Authorization: AWS4-HMAC-SHA256 "
        "Credential=123456789012/20260101/us-east-1/sagemaker/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0123456789abcdef\r\n"
        "amz-sdk-invocation-id: 6f0b7a52-3d5b-4a37-9d9e-0c7a8a5c0c11\r\n"
        "amz-sdk-request: attempt=1; max=3\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def create(name: str | None = None) -> bytes:
    variant = {"ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    variants = [
        {"VariantName": "a", "InitialVariantWeight": 2.0, **variant},
        {"VariantName": "b", "InitialVariantWeight": 1.0, **variant},
    ]
    name = name or f"config-{next(_names)}"
    return request("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=variants)


def describe() -> bytes:
    return request("DescribeEndpointConfig", EndpointConfigName="known")


LOADS: dict[str, Callable[[], bytes]] = {"create": create, "describe": describe}


@contextmanager
def serving(server: Server) -> Iterator[None]:
    """Start it, and note how long it took to answer CreateModel and CreateEndpointConfig."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    command = [part.format(port=server.port) for part in server.command]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        server.pid = process.pid
        try:
            first = request(
                "CreateModel",
                ModelName="m",
                PrimaryContainer={"Image": "i"},
                ExecutionRoleArn="arn:aws:iam::123456789012:role/r",
            )
            while not _answered(server.port, first):
                time.sleep(0.001)
            assert _answered(server.port, create("known")), "CreateEndpointConfig was refused"
            server.started.append(time.perf_counter() - began)
            yield
        finally:
            process.terminate()


def _answered(port: int, data: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(data)
            return connection.recv(65536).startswith(b"HTTP/1.1 200")
    except ConnectionRefusedError:
        return False


def resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(servers: list[Server], rounds: int, seconds: float, starts: int) -> dict[str, float]:
    for _ in range(starts - 1):
        for server in servers:
            with serving(server):
                pass
    with ExitStack() as stack:
        for server in servers:
            stack.enter_context(serving(server))
        memory = {server.name: resident_megabytes(server.pid) for server in servers}
        for number in range(rounds):
            for name, make in LOADS.items():
                for server in servers if number % 2 else servers[::-1]:
                    load = drive(server.port, make, CONNECTIONS, seconds)
                    server.loads.setdefault(name, []).append(load)
                    print(
                        f"round {number + 1} {server.name:22} {name:9} {load.rate:8.0f}/s",
                        file=sys.stderr,
                    )
    return memory


def report(servers: list[Server], memory: dict[str, float]) -> None:
    print(f"\n{CONNECTIONS} connections; median (least to most) over the rounds\n")
    columns = (
        f"{'creates/s':>22} {'describes/s':>22} {'p99 ms':>12} {'first answer s':>15} {'RSS MB':>7}"
    )
    print(f"{'':22} {columns}")
    for server in servers:
        cells = [_spread([load.rate for load in server.loads[name]]) for name in LOADS]
        p99 = " / ".join(
            f"{statistics.median(x.p99 for x in server.loads[n]) * 1000:.1f}" for n in LOADS
        )
        start = statistics.median(server.started)
        rest = f"{p99:>12} {start:15.2f} {memory[server.name]:7.0f}"
        print(f"{server.name:22} {cells[0]:>22} {cells[1]:>22} {rest}")
    ours, *others = servers
    for other in others:
        ratios = [
            statistics.median(
                a.rate / b.rate for a, b in zip(ours.loads[n], other.loads[n], strict=True)
            )
            for n in LOADS
        ]
        start = statistics.median(other.started) / statistics.median(ours.started)
        print(
            f"\n{ours.name} : {other.name}   creates x {ratios[0]:.1f}   describes x {ratios[1]:.1f}   "
            f"start-up x {start:.1f} as fast   memory x {memory[ours.name] / memory[other.name]:.2f}"
        )


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of load, a round and a server")
    parser.add_argument("--starts", type=int, default=5, help="how often start-up is measured")
    options = parser.parse_args()
    ours = [str(BIN / "sm-emulator"), "serve", "--port", "{port}"]
    servers = [
        Server("sm-emulator", ours),
        Server("sm-emulator dynamodb", [*ours, "--preset", "dynamodb-documented"]),
        Server("moto", [str(BIN / "moto_server"), "-p", "{port}"]),
    ]
    report(servers, measure(servers, options.rounds, options.seconds, options.starts))


if __name__ == "__main__":
    main()
