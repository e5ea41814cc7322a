"""All measurements with their goals, in one run.

make bench                              # under 10 minutes; writes results.md and results.svg
make bench-quick                        # a minute, of smaller sizes and fewer rounds; only prints
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from statistics import median

import compare
import crowd
import growth
import judge
import results
import startup
from chart import Panel, draw


@dataclass(frozen=True, slots=True)
class Size:
    """How long each part takes."""

    rounds: int
    seconds: float
    starts: int
    sizes: tuple[int, ...]
    steady: float


IMAGE = "![creates and describes per second, 99th percentiles, start](results.svg)"
FULL = Size(rounds=40, seconds=0.35, starts=11, sizes=tuple(growth.SIZES), steady=8.0)
QUICK = Size(rounds=3, seconds=0.4, starts=3, sizes=(1000, 10_000, 20_000), steady=3.0)


def run(size: Size) -> tuple[str, str]:
    """Measure everything; give the report in Markdown and the chart in SVG."""
    machine = results.machine()
    started = startup.startup(size.starts)
    compared = compare.compare(size.rounds, size.seconds)
    crowded = crowd.crowd(1000, size.steady)
    grown = growth.growth(size.sizes)
    figures = [
        *compare.figures(compared),
        *startup.figures(started),
        *growth.figures(grown),
        *crowd.figures(crowded),
    ]
    parts = {
        "Throughput": f"{IMAGE}\n\n{compare.report(compared)}",
        "Start": startup.report(started),
        "A thousand simultaneous connections": crowd.report(crowded),
        "Growth": growth.report(grown),
    }
    sections = "".join(f"\n\n### {title}\n\n{text}" for title, text in parts.items())
    return f"{machine}\n\n{judge.goals(figures)}{sections}", chart(compared, started, machine)


def chart(compared: compare.Comparison, started: startup.Startup, machine: str) -> str:
    """Draw what is compared."""
    names = [name for name in compared.memory if name != compare.CEILING]
    panels = []
    for kind in compare.LOADS:
        rates = {name: [load.rate for load in compared.loads[name, kind]] for name in names}
        p99s = {name: [load.p99 * 1000 for load in compared.loads[name, kind]] for name in names}
        panels += [_panel(f"{kind}s per second", rates), _panel(f"p99 of {kind}s, ms", p99s)]
    panels.append(_panel("start to first answer, s", started.seconds))
    where = machine.partition(";")[0]
    return draw(panels, f"{compare.CONNECTIONS} connections, interleaved. {where}.")


def _panel(title: str, values: dict[str, list[float]]) -> Panel:
    return Panel(title, {name: (median(some), min(some), max(some)) for name, some in values.items()})


def main() -> None:
    """Measure, print, and keep the results of a full run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="in a minute; keep no results")
    options = parser.parse_args()
    text, svg = run(QUICK if options.quick else FULL)
    print(text)
    if not options.quick:
        results.note("Goals", text)
        (results.FILE.parent / "results.svg").write_text(svg)


if __name__ == "__main__":
    main()
