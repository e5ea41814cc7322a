"""The server under siege: a process of its own, with a bystander, and what was seen of both."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CODE = HERE / "misbehaving"  # where it is started: it finds `models` there
ACCOUNT = "123456789012"
PATIENCE = 10.0
MOST_TO_STOP = 5.0  # after that it is killed
JSON = "application/x-amz-json-1.1"
VARIANT = {"VariantName": "a", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


def authorization(service: str, key: str = ACCOUNT) -> str:
    scope = f"{key}/20260101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


@dataclass(frozen=True)
class Answer:
    """An answer; `status` 0 means that none came, and `body` says why."""

    status: int
    body: bytes
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)


class Server:
    """`sm-emulator serve` with `settings`, and its clients; `filled`: see `filled.py`."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        environment: Mapping[str, str],
        filled: tuple[str, int] | None = None,
    ) -> None:
        self.port = free_port()
        known = {key: value for key, value in settings.items() if key in known_settings()}
        chosen = [
            f"--set={key}={value if isinstance(value, str) else json.dumps(value)}"
            for key, value in known.items()
        ]
        program = [HERE / "filled.py", *map(str, filled)] if filled else ["-m", "sm_emulator"]
        command = [sys.executable, *program, "serve", "--port", str(self.port), *chosen]
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed by kill()
        self.process = subprocess.Popen(
            command,
            cwd=CODE,
            env={**os.environ, **environment, "SIEGE_PORT": str(self.port)},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout
        if not self.process.stdout.readline().startswith("ready"):
            self._log.seek(0)
            raise RuntimeError(f"it does not serve: {self._log.read()}")

    def request(
        self, method: str, path: str, body: bytes = b"", timeout: float = PATIENCE, **headers: str
    ) -> Answer:
        """Send a request on a connection of its own; headers by name with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            read, status, found = answer.read(), answer.status, dict(answer.headers)
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, repr(error).encode(), time.monotonic() - begun)
        finally:
            connection.close()
        return Answer(status, read, time.monotonic() - begun, found)

    def call(
        self, operation: str, body: object, timeout: float = PATIENCE, key: str = ACCOUNT
    ) -> Answer:
        """Call an operation of SageMaker; a body of bytes is sent as it is."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X_Amz_Target": f"SageMaker.{operation}", "Content_Type": JSON}
        signed = {"Authorization": authorization("sagemaker", key)}
        return self.request("POST", "/", sent, timeout, **headers, **signed)

    def admin(self, method: str, path: str, body: object = None, timeout: float = PATIENCE) -> Answer:
        """Call the admin API of the default scenario, or about `path` where it begins with /."""
        where = path if path.startswith("/") else f"/_emulator/scenarios/default/{path}".rstrip("/")
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.request(method, where, sent, timeout, Content_Type="application/json")

    def invoke(self, endpoint: str, timeout: float = PATIENCE) -> Answer:
        return self.request("POST", f"/endpoints/{endpoint}/invocations", b"x", timeout)

    def s3(self, method: str, path: str, body: bytes = b"", timeout: float = PATIENCE) -> Answer:
        return self.request(method, path, body, timeout, Authorization=authorization("s3"))

    def sqs(self, operation: str, body: object, timeout: float = PATIENCE) -> Answer:
        headers = {
            "X_Amz_Target": f"AmazonSQS.{operation}",
            "Content_Type": "application/x-amz-json-1.0",
        }
        sent = json.dumps(body).encode()
        return self.request("POST", "/", sent, timeout, Authorization=authorization("sqs"), **headers)

    def endpoint(self, name: str) -> None:
        """Deploy a model on an endpoint, all of one name."""
        self.call("CreateModel", {"ModelName": name, "PrimaryContainer": {"Image": "i"}})
        variants = [{**VARIANT, "ModelName": name}]
        self.call("CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": variants})
        self.call("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": name})

    def raw(self, data: bytes) -> socket.socket:
        """Open a connection and send bytes on it; the caller closes it."""
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        opened.sendall(data)
        return opened

    def pipelined(self, requests: Iterator[bytes], ahead: int = 64) -> int:
        """Send requests on one connection, `ahead` at a time; give how many were answered."""
        answered = 0
        with self.raw(b"") as opened, opened.makefile("rb") as read:
            while batch := [request for _, request in zip(range(ahead), requests, strict=False)]:
                opened.sendall(b"".join(batch))
                for _ in batch:
                    _skip_answer(read)
                    answered += 1
        return answered

    def megabytes(self) -> float:
        """Read the most memory that it has had."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def lives(self) -> bool:
        return self.process.poll() is None

    def stop(self, number: signal.Signals = signal.SIGTERM, *, twice: bool = False) -> tuple[float, Any]:
        """End it by a signal; give the seconds that it took, and its exit code (None: killed)."""
        begun = time.monotonic()
        if self.lives():
            self.process.send_signal(number)
            if twice:
                time.sleep(0.05)
                self.process.send_signal(number)
        try:
            code = self.process.wait(MOST_TO_STOP)
        except subprocess.TimeoutExpired:
            self.kill()
            code = None
        return time.monotonic() - begun, code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self._log.close()


class Bystander:
    """A process that keeps asking for a model, and measures."""

    def __init__(self, server: Server) -> None:
        words = [sys.executable, HERE / "bystander.py", str(server.port), str(server.process.pid)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdout
        self._process.stdout.readline()  # it has begun

    def end(self) -> dict[str, Any]:
        """Let it come to an end; give what it has measured."""
        try:
            found: dict[str, Any] = json.loads(self._process.communicate(timeout=40)[0])
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            forever = float("inf")
            return {
                "requests": 0,
                "p99": forever,
                "p999": forever,
                "worst": forever,
                "errors": ["hangs"],
            }
        return found


def together(number: int, function: Callable[[int], Answer]) -> list[Answer]:
    """Call a function from the given number of threads, all at the same time."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(function, range(number)))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@cache
def known_settings() -> frozenset[str]:
    """Return the settings that the server has; an older one lacks some."""
    command = [sys.executable, "-m", "sm_emulator", "settings", "--json"]
    listed = subprocess.run(command, cwd=CODE, stdout=subprocess.PIPE, check=True).stdout
    return frozenset(row["key"] for row in json.loads(listed))


def _skip_answer(read: Any) -> None:
    length = 0
    while (line := read.readline()) not in {b"\r\n", b""}:
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if not line:
        raise ConnectionError("the connection was closed")
    read.read(length)
