"""Ten minutes at half the top rate, with staleness and faults: no growth, no slowdown, no error.

    make soak                               # or: python benchmarks/soak.py --seconds 600

The run is reported in ten parts ("minutes"). Memory may grow until the history of reads and writes is
full; from then on it must stay. Slowdown is judged by the server's own processor time for a request,
which is disturbed less by other work on the machine than latency. Exits with 1 where the verdict is bad.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import faults
import results
from client import Client
from judge import Figure, at_least, at_most, goals, table
from life import LIVE, Life, Tally
from servers import Server, ours, serving

from sm_emulator.store.history import LENGTH

CONNECTIONS = 8
PARTS = 10


@dataclass(frozen=True, slots=True)
class Minute:
    """A tenth of the run: requests, seconds; latencies in ms, the server's own µs a request, its MB."""

    requests: int
    seconds: float
    median: float
    p99: float
    own: float
    megabytes: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    def spelled(self) -> list[str]:
        """Spell the rate, the latencies, the own time and the memory."""
        times = [f"{self.median:.2f}", f"{self.p99:.1f}", f"{self.own:.0f}"]
        return [f"{self.rate:.0f}", *times, f"{self.megabytes:.1f}"]


@dataclass(frozen=True, slots=True)
class Soak:
    """A whole run, after the top rate in requests per second was measured."""

    top: Minute
    minutes: Sequence[Minute]
    tally: Tally


async def soak(server: Server, seconds: float) -> Soak:
    """Measure the top rate for a tenth of `seconds`, at most 10 s, then live at half of it."""
    tally = Tally()
    clients = [await Client.connect(server.port) for _ in range(CONNECTIONS)]
    lives = [Life(client, f"life-{i}", tally) for i, client in enumerate(clients)]
    await asyncio.gather(*(life.fill() for life in lives))
    before = sum(life.made for life in lives)
    top = await _minute(server, lives, tally, min(10, seconds / PARTS), every=0)
    every = 2 * CONNECTIONS * top.seconds / (sum(life.made for life in lives) - before)
    minutes = []
    for _ in range(PARTS):
        minutes.append(await _minute(server, lives, tally, seconds / PARTS, every))
        print(f"soak: {minutes[-1]}", file=sys.stderr)
    for client in clients:
        client.close()
    return Soak(top, minutes, tally)


async def _minute(
    server: Server, lives: Sequence[Life], tally: Tally, length: float, every: float
) -> Minute:
    """Run them for `length` seconds, each a step every `every` seconds."""
    tally.latencies.clear()
    spent, began = server.processor_seconds(), time.perf_counter()
    phased = enumerate(lives)
    await asyncio.gather(*(life.live(began + length, every, i / len(lives)) for i, life in phased))
    took, count = time.perf_counter() - began, len(tally.latencies)
    own = (server.processor_seconds() - spent) / count * 1e6
    ordered = sorted(latency * 1000 for latency in tally.latencies)
    p99 = ordered[int(count * 0.99)]
    return Minute(count, took, median(ordered), p99, own, server.resident_megabytes())


def figures(result: Soak) -> list[Figure]:
    """Judge memory, slowdown and errors."""
    first, last = result.minutes[0], result.minutes[-1]
    wrong = len(result.tally.wrong)
    return [
        Figure("answers that nothing explains", "0", str(wrong), wrong == 0),
        at_least(
            "requests per second, last minute : half the top rate",
            [last.rate * 2 / result.top.rate],
            0.95,
        ),
        at_most("server's own time for a request, last minute : first", [last.own / first.own], 1.1),
        _memory(result),
    ]


def _memory(result: Soak) -> Figure:
    """Compare the last minute with the first at whose end the history was full for sure."""
    what = "memory, last minute : first with a full history"
    count = result.top.requests
    for minute in result.minutes[:-1]:
        count += minute.requests
        if count >= LENGTH:
            return at_most(what, [result.minutes[-1].megabytes / minute.megabytes], 1.05)
    return Figure(what, "at most 1.05", "too short a run to fill it", None)


def report(result: Soak, judged: Sequence[Figure]) -> str:
    """Tabulate the verdict and the minutes."""
    verdict = "FAILED" if any(figure.reached is False for figure in judged) else "Passed"
    seconds = sum(minute.seconds for minute in result.minutes)
    expected = ", ".join(f"{number:,} x {kind}" for kind, number in result.tally.expected.most_common())
    wrong = "".join(f"\n- {answer}" for answer in result.tally.wrong[:5])
    named = {"top": result.top} | {str(n + 1): minute for n, minute in enumerate(result.minutes)}
    return (
        f"{verdict}: {seconds:.0f} s, preset dynamodb, {len(faults.SOAK)} fault rules, {CONNECTIONS} "
        f"connections, {CONNECTIONS * LIVE:,} live configurations. Explained: {expected}.{wrong}\n\n"
        f"{goals(judged)}\n\n"
        + table(
            ["minute", "requests/s", "median ms", "p99 ms", "own µs", "RSS MB"],
            [[name, *minute.spelled()] for name, minute in named.items()],
        )
    )


def main() -> int:
    """Soak, print, note the result; give the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600.0, help="[600]")
    parser.add_argument("--dry", action="store_true", help="do not note the result in results.md")
    options = parser.parse_args()
    machine = results.machine()
    server = ours(preset="dynamodb", rules=faults.SOAK)
    with serving(server):
        time.sleep(5)  # until every late write is seen: bounds.max_lag of preset dynamodb
        result = asyncio.run(soak(server, options.seconds))
    judged = figures(result)
    text = f"{machine}\n\n{report(result, judged)}"
    print(text)
    if not options.dry:
        results.note("Soak", text)
    return 1 if any(figure.reached is False for figure in judged) else 0


if __name__ == "__main__":
    sys.exit(main())
