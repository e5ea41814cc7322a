"""What a million configurations cost: time per create, describe and page, and bytes per configuration.

    make growth                             # or: python benchmarks/growth.py --sizes 1000 1000000

Each size has a gateway of its own in one process, with preset dynamodb on a virtual clock that moves
1 ms a request. All are filled, then sampled in turn, so that all see the same load of the machine: a
ratio is the median over the rounds of the ratios within one round. "Beyond the request": what is left of
the memory per configuration after that of the parsed requests alone, which another process holds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import count, repeat
from pathlib import Path

from judge import Figure, at_most, table

from sm_emulator.clock import VirtualClock
from sm_emulator.gateway.gateway import Gateway
from sm_emulator.operations.state import catch_up
from sm_emulator.scenario.scenario import Behaviour, ScenarioConfig
from sm_emulator.scenario.scenarios import Scenarios
from sm_emulator.wire.message import Request
from sm_emulator.wire.steps import run_steps

SIZES = [1000, 10_000, 100_000, 1_000_000]
ROUNDS = 11
SAMPLES = {"create": 500, "describe": 4000, "page": 300}
VARIANT = {
    "VariantName": "v",
    "ModelName": "m",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}


def body(i: int) -> bytes:
    return json.dumps({"EndpointConfigName": f"config-{i}", "ProductionVariants": [VARIANT]}).encode()


def resident() -> int:
    """Read this process's resident memory, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def hold(size: int) -> float:
    """Hold the parsed requests and nothing else; gives the bytes of one."""
    before = resident()
    requests = [json.loads(body(i)) for i in range(size)]
    return (resident() - before) / len(requests)


def gateway_call() -> Callable[[str, bytes], bytes]:
    """Build a gateway, and what calls it: an operation and its members give the body of the answer."""
    ids = map(str, count())
    behaviour = Behaviour(models_required=False)
    start = ScenarioConfig(
        0, {"preset": "dynamodb"}, behaviour, lambda: VirtualClock(round_trips=repeat(0.001)), catch_up
    )
    gateway = Gateway(Scenarios(start), lambda: next(ids), time.time, time.monotonic, debug_headers=True)

    def call(operation: str, members: bytes) -> bytes:
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"SageMaker.{operation}",
        }
        outcome = run_steps(gateway(Request("POST", headers, members)), time.sleep)
        if outcome.status >= 500:
            raise RuntimeError(outcome.body.decode())
        return outcome.body

    return call


class Filled:
    """A gateway that holds `size` configurations; `samples` are the times of its rounds, by kind."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.samples: dict[str, list[float]] = {kind: [] for kind in SAMPLES}
        self._call = gateway_call()
        self._steps = count()
        self.bytes = self._fill()
        self.beyond = self.bytes - held(size)
        token = json.loads(self._call("ListEndpointConfigs", b'{"MaxResults":100}'))["NextToken"]
        self._deep = json.dumps({"MaxResults": 100, "NextToken": token}).encode()
        print(f"growth: {size:,} configurations are there", file=sys.stderr)

    def _fill(self) -> float:
        """Create the configurations; gives the bytes that each takes."""
        before = resident()
        for i in range(self.size):
            self._call("CreateEndpointConfig", body(i))
        return (resident() - before) / self.size

    def sample(self) -> None:
        """Take one more round."""
        known = (f"config-{next(self._steps) * 7919 % self.size}" for _ in range(SAMPLES["describe"]))
        requests = [json.dumps({"EndpointConfigName": name}).encode() for name in known]
        new = [body(self.size + next(self._steps)) for _ in range(SAMPLES["create"])]
        self._take("create", "CreateEndpointConfig", new)
        self._take("describe", "DescribeEndpointConfig", requests)
        self._take("page", "ListEndpointConfigs", [self._deep] * SAMPLES["page"])

    def _take(self, kind: str, operation: str, bodies: Sequence[bytes]) -> None:
        """Add the median time of a call, in microseconds."""
        taken = []
        for members in bodies:
            began = time.perf_counter()
            self._call(operation, members)
            taken.append((time.perf_counter() - began) * 1e6)
        self.samples[kind].append(statistics.median(taken))


def held(size: int) -> float:
    """Return the bytes of a parsed request, as another process measures them."""
    command = [sys.executable, __file__, "--hold", str(size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def growth(sizes: Sequence[int]) -> list[Filled]:
    """Measure each size: times in microseconds, bytes per configuration and beyond its request."""
    _, *filled = [Filled(size) for size in (SIZES[0], *sizes)]  # the first loads what all need
    for _ in range(ROUNDS):
        for one in filled:
            one.sample()
    return filled


def ratios(many: Filled, few: Filled, kind: str) -> list[float]:
    """Divide the times of one by another's, round by round."""
    return [a / b for a, b in zip(many.samples[kind], few.samples[kind], strict=True)]


def figures(filled: Sequence[Filled]) -> list[Figure]:
    """Judge the goals of growth: from the first size to the last, and the memory of the one before."""
    first, middle, last = filled[0], filled[-2], filled[-1]
    span = f"{first.size:,} to {last.size:,}"
    return [
        at_most(f"describe, from {span}", ratios(last, first, "describe"), 1.2),
        at_most(f"a page of 100, from {span}", ratios(last, first, "page"), 2),
        at_most(
            f"each of {middle.size:,} configurations, beyond the request",
            [middle.beyond / 1000],
            2,
            " kB",
        ),
    ]


def report(filled: Sequence[Filled]) -> str:
    """Tabulate the medians."""
    head = ["configurations", "create", "describe", "page of 100", "memory", "beyond the request"]
    return table(
        head,
        [
            [
                f"{one.size:,}",
                *(f"{statistics.median(one.samples[kind]):.0f} µs" for kind in SAMPLES),
                *(f"{taken:.0f} B" for taken in (one.bytes, one.beyond)),
            ]
            for one in filled
        ],
    )


def as_json(filled: Sequence[Filled]) -> str:
    """Spell the medians for machines."""
    rows = [
        {"size": one.size, "bytes": one.bytes, "beyond": one.beyond}
        | {kind: statistics.median(taken) for kind, taken in one.samples.items()}
        for one in filled
    ]
    return json.dumps(rows, indent=2)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help=f"{SIZES}")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--hold", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if min(options.sizes) < SIZES[0]:
        parser.error(f"--sizes: {min(options.sizes)} is less than {SIZES[0]}, the least that has pages")
    if options.hold:
        print(hold(options.hold))
        return
    filled = growth(options.sizes)
    print(as_json(filled) if options.json else report(filled))


if __name__ == "__main__":
    main()
