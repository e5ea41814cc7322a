"""A thousand simultaneous connections, every other one delayed by a fault, and the latency of the rest.

    python benchmarks/crowd.py --connections 1000

First all connect, and when all are accepted, all send a request in one instant: on raw sockets, since a
client on asyncio takes longer to send a thousand requests than the server to answer them; that is done
five times. Then others connect and send a request a second each, evenly spread, until the time is over;
the delayed ones send again when they are answered. The times of the undelayed count.
"""

from __future__ import annotations

import argparse
import asyncio
import select
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from statistics import median

import faults
from client import Client
from judge import Figure, spread, table
from load import Connection
from messages import create, describe
from servers import ours, serving

EVERY = 1.0
BURSTS = 5


@dataclass
class Crowd:
    """The results of `connections`: seconds of the undelayed answers, in bursts and at a steady pace.

    `delayed`: seconds of the delayed ones. `refused`: connections; `lost`: requests, by their errors.
    """

    connections: int
    bursts: list[list[float]] = field(default_factory=list)
    steady: list[float] = field(default_factory=list)
    delayed: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def crowd(connections: int, seconds: float) -> Crowd:
    """Let the connections request for `seconds` after the burst."""
    server = ours(rules=faults.SLOW)
    result = Crowd(connections)
    with serving(server):
        with closing(Connection(server.port, lambda: create("slow"))) as admin:
            admin.request()
            while not admin.answered():
                pass
        for _ in range(BURSTS):
            result.bursts.append(_burst(server.port, result))
        asyncio.run(_crowd(server.port, seconds, result))
    return result


def _burst(port: int, result: Crowd) -> list[float]:
    """Send all requests in one instant; return the seconds of the undelayed answers."""
    undelayed: list[float] = []
    with ExitStack() as stack:
        ready = stack.enter_context(select.epoll())
        waiting: dict[int, Connection] = {}
        slow = set()
        for i in range(result.connections):
            message = describe("known" if i % 2 else "slow")
            try:
                connection = Connection(port, partial(bytes, message))
            except OSError as error:
                result.refused.append(repr(error))
                continue
            stack.enter_context(closing(connection))
            waiting[connection.socket.fileno()] = connection
            ready.register(connection.socket, select.EPOLLIN)
            if i % 2 == 0:
                slow.add(connection.socket.fileno())
        time.sleep(1)  # a connection is there before the server has accepted it
        for connection in waiting.values():
            connection.request()
        while waiting:
            for number, _ in ready.poll():
                times = result.delayed if number in slow else undelayed
                if _arrived(waiting[number], times, result.lost):
                    ready.unregister(waiting.pop(number).socket)
    return undelayed


def _arrived(connection: Connection, times: list[float], lost: list[str]) -> bool:
    """Read what has come; note the time of a whole answer, or how it was lost."""
    try:
        if not connection.answered():
            return False
    except (OSError, RuntimeError) as error:
        lost.append(repr(error))
    else:
        times.append(time.perf_counter() - connection.sent)
    return True


async def _crowd(port: int, seconds: float, result: Crowd) -> None:
    opened = await asyncio.gather(
        *(Client.connect(port) for _ in range(result.connections)), return_exceptions=True
    )
    result.refused += [repr(error) for error in opened if isinstance(error, BaseException)]
    clients = [client for client in opened if isinstance(client, Client)]
    until = time.perf_counter() + seconds
    paced = (_keep_sending(client, i, result, until) for i, client in enumerate(clients))
    await asyncio.gather(*paced)
    for client in clients:
        client.close()


async def _keep_sending(client: Client, number: int, result: Crowd, until: float) -> None:
    due = time.perf_counter() + EVERY * number / result.connections
    while due < until:
        await asyncio.sleep(due - time.perf_counter())
        await _send(client, number, result)
        due = max(due + EVERY, time.perf_counter())


async def _send(client: Client, number: int, result: Crowd) -> None:
    is_slow = number % 2 == 0
    began = time.perf_counter()
    try:
        answer = await client.exchange(describe("slow" if is_slow else "known"))
    except (OSError, asyncio.IncompleteReadError) as error:
        result.lost.append(repr(error))
        return
    (result.delayed if is_slow else result.steady).append(time.perf_counter() - began)
    if answer.status != 200:
        result.lost.append(answer.body.decode())


def p99(seconds: Sequence[float]) -> float:
    """Return the 99th percentile in milliseconds."""
    return sorted(seconds)[int(len(seconds) * 0.99)] * 1000


def figures(result: Crowd) -> list[Figure]:
    """Judge the goals of a crowd."""
    bad = len(result.refused) + len(result.lost)
    count = f"{result.connections:,} simultaneous connections"
    judged = [Figure(f"{count}, half of them delayed: refused or lost", "0", str(bad), bad == 0)]
    for what, runs in (("a request a second", [result.steady]), ("all in one instant", result.bursts)):
        p99s = [p99(seconds) for seconds in runs]
        measured = f"{spread(p99s, '.0f')} ms"
        judged.append(
            Figure(f"{count}, {what}: others' p99", "under 100 ms", measured, median(p99s) < 100)
        )
    return judged


def report(result: Crowd) -> str:
    """Tabulate the times, and show the first errors."""
    parts = {
        "burst": list(chain.from_iterable(result.bursts)),
        "steady": result.steady,
        "delayed": result.delayed,
    }
    rows = [
        [
            name,
            str(len(seconds)),
            f"{sorted(seconds)[len(seconds) // 2] * 1000:.1f}",
            f"{p99(seconds):.1f}",
        ]
        for name, seconds in parts.items()
        if seconds
    ]
    errors = "".join(f"\n- {error}" for error in [*result.refused, *result.lost][:5])
    return table(["answers", "count", "median ms", "p99 ms"], rows) + errors


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--connections", type=int, default=1000, help="[1000]")
    parser.add_argument("--seconds", type=float, default=8.0, help="at a steady pace [8]")
    options = parser.parse_args()
    print(report(crowd(options.connections, options.seconds)))


if __name__ == "__main__":
    main()
