"""Attacks by connections that do not do their part, and by signals in every state."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time

from siege.campaign import Limits, Siege, attack
from siege.load import create_model, request
from siege.server import CODE, MOST_TO_STOP, authorization, free_port
from siege.work import models

LATE = [
    {
        "name": "late",
        "match": {"resource": "late"},
        "effect": {"fault": "latency", "delay": 0.3},
    }
]
FOR_LONG = [{"name": "l", "match": {"resource": "slow"}, "effect": {"fault": "latency", "delay": 300}}]
DESCRIBE = request("DescribeModel", b'{"ModelName":"slow"}')
GET = (
    f"GET /bucket/key HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization('s3')}\r\n\r\n"
).encode()


def stalled(siege: Siege, number: int = 100) -> None:
    """Keep connections whose request is not whole: nothing, half a head, half a body, a chunk."""
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nabc"
    for data in (b"", DESCRIBE[:40], DESCRIBE[:-5], chunked):
        siege.kept += [siege.server.raw(data) for _ in range(number // 4)]
    siege.tries += number


def not_reading(siege: Siege, number: int = 20) -> None:
    """Ask for large objects, again and again, and read nothing."""
    siege.server.s3("PUT", "/bucket")
    siege.server.s3("PUT", "/bucket/key", b"x" * 20_000_000)
    for _ in range(number):
        connection = siege.server.raw(b"")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(GET * 10)
        siege.kept.append(connection)
    siege.tries += number
    time.sleep(1)


@attack("stop: nothing to do")
def idle(siege: Siege) -> None:
    siege.server.call("DescribeModel", {"ModelName": "m"})


@attack("stop: SIGINT, and clients whose requests are not whole", by=signal.SIGINT)
def stalled_clients(siege: Siege) -> None:
    stalled(siege)


@attack("stop: clients that do not read", limits=Limits(memory=700, worst=200))
def unread(siege: Siege) -> None:
    not_reading(siege)


@attack("stop: two signals, clients that do not read", limits=Limits(memory=700, worst=200), twice=True)
def unread_twice(siege: Siege) -> None:
    not_reading(siege, 5)


@attack("stop: requests delayed by 300 s", {"faults": FOR_LONG})
def delayed(siege: Siege) -> None:
    siege.kept += [siege.server.raw(DESCRIBE) for _ in range(100)]
    siege.tries += 100
    time.sleep(0.5)


@attack("stop: an upstream that is silent", {"fallthrough": "UPSTREAM"})
def hung_upstream(siege: Siege) -> None:
    for _ in range(20):
        siege.later(lambda: siege.server.s3("GET", "/", timeout=20))
    time.sleep(0.5)


@attack("stop: containers that are silent", {"models.responses": [{"url": "UPSTREAM"}]})
def hung_containers(siege: Siege) -> None:
    siege.server.endpoint("m")
    for _ in range(20):
        siege.later(lambda: siege.server.invoke("m", timeout=20))
    time.sleep(0.5)


@attack("stop: busy model functions", models("slow"))
def busy_models(siege: Siege) -> None:
    siege.server.endpoint("slow")
    for _ in range(40):
        siege.later(lambda: siege.server.invoke("slow", timeout=40))
    time.sleep(1)


@attack("stop: SIGINT, a model function that computes for ever", models("endless"), by=signal.SIGINT)
def endless_model(siege: Siege) -> None:
    siege.server.endpoint("endless")
    siege.later(lambda: siege.server.invoke("endless", timeout=10))
    time.sleep(1)


@attack("stop: an SQS long poll", limits=Limits(worst=200, p999=200))
def long_poll(siege: Siege) -> None:
    server = siege.server
    queue = json.loads(server.sqs("CreateQueue", {"QueueName": "q"}).body)["QueueUrl"]
    siege.later(lambda: server.sqs("ReceiveMessage", {"QueueUrl": queue, "WaitTimeSeconds": 20}, 30))
    time.sleep(1)


@attack("stop: 200,000 models", limits=Limits(memory=900, worst=150), seconds=200)
def many_models(siege: Siege) -> None:
    number = siege.size(200_000, 20_000)
    made = (request("CreateModel", create_model(ModelName=f"m{each}")) for each in range(number))
    siege.tries += siege.server.pipelined(made)


@attack("stop: while the report of a full journal is made", limits=Limits(p999=20, memory=500))
def busy_admin(siege: Siege) -> None:
    server = siege.server
    number = siege.size(10_000, 3_000)
    server.pipelined(
        request("CreateModel", create_model(ModelName=f"m{each}")) for each in range(number)
    )
    for path in ("report?format=html", "report", "history", "calls"):
        siege.later(lambda path=path: server.admin("GET", path, timeout=20))
    time.sleep(0.3)


@attack(
    "answers to clients that have closed their half",
    {"faults": LATE},
)
def half_closed(siege: Siege) -> None:
    for data in (request("DescribeModel", b'{"ModelName":"late"}'), GET):
        for _ in range(10):
            with siege.server.raw(data) as connection:
                connection.shutdown(socket.SHUT_WR)
                siege.expect(
                    "no answer", holds=connection.recv(12) in {b"HTTP/1.1 400", b"HTTP/1.1 404"}
                )


@attack("a body above the limit")
def above_the_limit(siege: Siege) -> None:
    for _ in range(10):
        answer = siege.server.call("CreateModel", b"x" * 12_000_000)
        siege.expect(f"{answer.status or 'no answer'}", holds=answer.status == 413)


@attack("bodies that drip", {"server.request_timeout": 2}, quick=False)
def dripping(siege: Siege) -> None:
    siege.kept += [siege.server.raw(DESCRIBE[:-10]) for _ in range(20)]
    ends = time.monotonic() + 30
    dripping = list(siege.kept)
    while dripping and time.monotonic() < ends:
        time.sleep(0.5)
        for connection in list(dripping):
            connection.setblocking(False)
            try:
                if not connection.recv(100):
                    dripping.remove(connection)
            except BlockingIOError:
                pass
            except OSError:
                dripping.remove(connection)
    siege.tries += 20
    siege.expect(f"{len(dripping)} of 20 still wait after 30 s", holds=not dripping)


@attack("thousands of idle connections, and one more than may be", limits=Limits(worst=300, p999=100))
def idle_connections(siege: Siege) -> None:
    for _ in range(siege.size(4000, 1000)):
        siege.kept.append(siege.server.raw(b""))
        siege.tries += 1


@attack("starts that cannot succeed", watched=False)
def failing_starts(siege: Siege) -> None:
    taken = str(siege.server.port)
    few = "ulimit -n 6; exec"  # too few files for an event loop
    for problem, shell in (("its port is taken", "exec"), ("no files are left", few)):
        port = taken if shell == "exec" else str(free_port())
        command = ["bash", "-c", f'{shell} "$0" -m sm_emulator serve --port {port}', sys.executable]
        try:
            done = subprocess.run(command, cwd=CODE, capture_output=True, timeout=10, check=False)
        except subprocess.TimeoutExpired:
            siege.expect(f"{problem}: hangs", holds=False)
        else:
            siege.expect(f"{problem}: exit code {done.returncode}", holds=done.returncode > 0)


@attack("stop: `run`, of a command that ignores SIGTERM", watched=False)
def run_command(siege: Siege) -> None:
    ignoring = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('on', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-m", "sm_emulator", "run", "--", sys.executable, "-c", ignoring]
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(command, cwd=CODE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout
        process.stdout.readline()
        process.send_signal(number)
        time.sleep(0.2)
        process.send_signal(number)
        begun = time.monotonic()
        try:
            process.wait(MOST_TO_STOP * 2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        took = time.monotonic() - begun
        siege.expect(f"{number.name}: ended after {took:.1f} s", holds=took < MOST_TO_STOP * 2)
        process.stdout.close()
