"""How long until the first answer, and how long embedded emulators take to start and to stop.

    python benchmarks/startup.py --times 11

Processes are started in turn: sm-emulator, moto's server, and Python that imports Flask and ends.
"""

from __future__ import annotations

import argparse
import compileall
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from judge import Figure, at_most, spread, table
from servers import moto, ours, serving

import sm_emulator

FLASK = 'python -c "import flask"'
EMBEDDED = 30


@dataclass
class Startup:
    """Seconds by process; megabytes of our server after its start; milliseconds of embedding."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    megabytes: list[float] = field(default_factory=list)
    embedded: dict[str, list[float]] = field(default_factory=dict)

    def ratios(self, other: str) -> list[float]:
        """Divide our time by the other's, turn by turn."""
        pairs = zip(self.seconds["sm-emulator"], self.seconds[other], strict=True)
        return [a / b for a, b in pairs]


def startup(times: int) -> Startup:
    """Start everything `times` times in turn."""
    # as pip does of what it installs, moto and Flask among it; a checkout may not have been
    compileall.compile_dir(Path(sm_emulator.__file__).parent, quiet=1)
    result = Startup()
    for _ in range(times):
        for server in (ours(), moto()):
            with serving(server):
                result.seconds.setdefault(server.name, []).append(server.started)
                if server.name == "sm-emulator":
                    result.megabytes.append(server.resident_megabytes())
        result.seconds.setdefault(FLASK, []).append(_import_flask())
    command = [sys.executable, __file__, "--embedded"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result.embedded = json.loads(done.stdout)
    return result


def _import_flask() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import flask"], check=True)
    return time.perf_counter() - began


def embedded() -> dict[str, list[float]]:
    """Start and stop emulators in this process; in milliseconds."""
    from sm_emulator import Emulator  # noqa: PLC0415  only this part is in the process under test

    taken: dict[str, list[float]] = {"start": [], "stop": []}
    for _ in range(EMBEDDED):
        began = time.perf_counter()
        emulator = Emulator().start()
        taken["start"].append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        emulator.stop()
        taken["stop"].append((time.perf_counter() - began) * 1000)
    return taken


def figures(result: Startup) -> list[Figure]:
    """Judge the goals of start, stop and memory."""
    starts, stops = result.embedded["start"], result.embedded["stop"]
    return [
        at_most(f"start to first answer : {FLASK}", result.ratios(FLASK), 1.5),
        at_most("start to first answer : moto's", result.ratios("moto"), 0.5),
        at_most("embedded start", starts[1:], 30, " ms"),
        at_most("embedded start, the first of a process", starts[:1], 30, " ms"),
        at_most("embedded stop", stops, 30, " ms"),
        at_most("RSS after start", result.megabytes, 60, " MB"),
    ]


def report(result: Startup) -> str:
    """Tabulate the seconds."""
    rows = [[name, spread(seconds, ".2f")] for name, seconds in result.seconds.items()]
    text = "To the first answered CreateEndpointConfig; median (least to most)."
    return f"{text}\n\n{table(['process', 'seconds'], rows)}"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=11, help="[11]")
    parser.add_argument("--embedded", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.embedded:
        print(json.dumps(embedded()))
    else:
        print(report(startup(options.times)))


if __name__ == "__main__":
    main()
