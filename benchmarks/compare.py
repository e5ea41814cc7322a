"""Creates and describes per second, interleaved: us, what users have today, and a bare Flask route.

    python benchmarks/compare.py --rounds 5 --seconds 2

All serve together and are loaded in turn, so that the machine's load affects all alike. A ratio is the
median over the rounds of the ratios within one round; absolute figures are of this machine and moment.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import faults
from judge import Figure, at_least, at_most, spread, table
from load import Load, drive
from messages import creates, describes
from servers import Server, microburst, moto, ours, program, serving

CONNECTIONS = 8
LOADS: dict[str, Callable[[], Callable[[], bytes]]] = {"create": creates, "describe": describes}
TIMES_MOTO = {"create": 15, "describe": 25}
US, LATE, BARE, MOTO, PAIR, CEILING = (
    "sm-emulator",
    f"sm-emulator, preset dynamodb, {len(faults.UNMATCHED)} fault rules",
    "bare Flask route",
    "moto",
    "moto behind microburst",
    "nothing (the generator's ceiling)",
)


@dataclass
class Comparison:
    """Loads by server and kind, a round each, and the server's own time for a request, in µs.

    `memory` by server, in MB, is what it has before the load.
    """

    loads: dict[tuple[str, str], list[Load]] = field(default_factory=dict)
    own: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def ratios(self, ours: str, other: str, kind: str, what: str = "rate") -> list[float]:
        """Divide ours by the other's, round by round."""
        pairs = zip(self.loads[ours, kind], self.loads[other, kind], strict=True)
        return [getattr(a, what) / getattr(b, what) for a, b in pairs]

    def own_ratios(self, ours: str, other: str, kind: str) -> list[float]:
        """Divide the other's own time for a request by ours, round by round."""
        pairs = zip(self.own[ours, kind], self.own[other, kind], strict=True)
        return [b / a for a, b in pairs]


def servers(configurations: Path) -> list[Server]:
    """List what is compared; configuration files are written to the directory."""
    return [
        ours(US),
        ours(LATE, "dynamodb", faults.UNMATCHED),
        program(BARE, "bare_flask.py"),
        moto(),
        microburst(moto(), configurations / "microburst.json"),
        program(CEILING, "ceiling.py"),
    ]


def compare(rounds: int, seconds: float) -> Comparison:
    """Load all servers in turn, `seconds` for each kind and server in a round."""
    result = Comparison()
    with TemporaryDirectory() as directory, ExitStack() as stack:
        under_test = servers(Path(directory))
        for server in under_test:
            stack.enter_context(serving(server))
            result.memory[server.name] = server.resident_megabytes()
        time.sleep(5)  # until every late write is seen: bounds.max_lag of preset dynamodb
        for number in range(rounds):
            for kind, source in LOADS.items():
                for server in under_test[::-1] if number % 2 else under_test:
                    before = server.processor_seconds()
                    load = drive(server.port, source(), CONNECTIONS, seconds)
                    own = (server.processor_seconds() - before) / (load.rate * seconds) * 1e6
                    result.loads.setdefault((server.name, kind), []).append(load)
                    result.own.setdefault((server.name, kind), []).append(own)
                    shown = f"round {number + 1}  {kind:9} {server.name:45} {load.rate:8.0f}/s"
                    print(shown, file=sys.stderr)
    return result


def figures(result: Comparison) -> list[Figure]:
    """Judge the goals of throughput and latency."""
    judged = []
    for kind in LOADS:
        judged += [
            at_least(f"{kind}s per second : moto's", result.ratios(US, MOTO, kind), TIMES_MOTO[kind]),
            at_least(f"{kind}s per second : a bare Flask route's", result.ratios(US, BARE, kind), 0.6),
            at_least(f"{kind}s per second, {LATE[13:]} : ours", result.ratios(LATE, US, kind), 0.8),
            at_most(f"p99 of {kind}s : moto's", result.ratios(US, MOTO, kind, "p99"), 0.25),
        ]
    return judged


def report(result: Comparison) -> str:
    """Tabulate medians and spread, then ratios."""
    rows = []
    for name in dict.fromkeys(name for name, _ in result.loads):
        row = [name]
        for kind in LOADS:
            loads = result.loads[name, kind]
            row += [
                spread([load.rate for load in loads], ".0f"),
                f"{median(load.p99 for load in loads) * 1000:.1f}",
                f"{median(result.own[name, kind]):.0f}",
                f"{median(load.busy for load in loads):.0%}",
            ]
        rows.append([*row, f"{result.memory[name]:.0f}" if name in result.memory else ""])
    columns = [column for kind in LOADS for column in (f"{kind}s/s", "p99 ms", "own µs", "generator")]
    ratios = [
        [
            f"{one} : {other}",
            *(spread(result.ratios(one, other, kind), ".2f") for kind in LOADS),
            *(spread(result.own_ratios(one, other, kind), ".2f") for kind in LOADS),
        ]
        for one, other in ((US, MOTO), (US, PAIR), (US, BARE), (LATE, US))
    ]
    head = ["ratio", *(f"{kind}s/s" for kind in LOADS), *(f"{kind}s by own time" for kind in LOADS)]
    return (
        f"{CONNECTIONS} keep-alive connections; median (least to most) over the rounds; own: the"
        " server's processor time for a request; generator: the share of a core that it used.\n\n"
        f"{table(['', *columns, 'RSS MB'], rows)}\n\n"
        f"{table(head, ratios)}"
    )


def main() -> None:
    """Compare, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="[5]")
    parser.add_argument("--seconds", type=float, default=2.0, help="of load, a round and a server [2]")
    options = parser.parse_args()
    print(report(compare(options.rounds, options.seconds)))


if __name__ == "__main__":
    main()
