"""What a million configurations cost: time per create, describe and page, and bytes per configuration.

    make growth                             # or: python benchmarks/growth.py --sizes 1000 1000000

Each size runs in a process of its own, through the gateway, with preset dynamodb on a virtual clock
that moves 1 ms a request. "Beyond the request": what is left of the memory per configuration after
that of the parsed requests alone, which another process holds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from judge import Figure, at_most, table

from sm_emulator.clock import VirtualClock
from sm_emulator.gateway import Gateway
from sm_emulator.scenario import Behaviour, Scenarios, Start
from sm_emulator.wire import Request, follow

SIZES = [1000, 10_000, 100_000, 1_000_000]
SAMPLES = 20_000
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


def hold(size: int) -> dict[str, Any]:
    """Hold the parsed requests and nothing else."""
    before = resident()
    held = [json.loads(body(i)) for i in range(size)]
    return {"bytes": (resident() - before) / len(held)}


def gateway_call() -> Callable[[str, bytes], bytes]:
    """Build a gateway, and what calls it: an operation and its members give the body of the answer."""
    ids = map(str, count())
    behaviour = Behaviour(models_required=False)
    start = Start(0, {"preset": "dynamodb"}, behaviour, lambda: VirtualClock(tick_per_request=0.001))
    gateway = Gateway(Scenarios(start), lambda: next(ids), time.time, debug_headers=True)

    def call(operation: str, members: bytes) -> bytes:
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"SageMaker.{operation}",
        }
        outcome = follow(gateway(Request("POST", headers, members)), time.sleep)
        if outcome.status >= 500:
            raise RuntimeError(outcome.body.decode())
        return outcome.body

    return call


def fill(size: int) -> dict[str, Any]:
    """Create `size` configurations, then sample what further requests take, in microseconds."""
    call = gateway_call()
    before = resident()
    for i in range(size):
        call("CreateEndpointConfig", body(i))
        if size >= 100_000 and i % 100_000 == 0 and sys.stderr.isatty():
            print(f"\r{i:>9,} of {size:,}", end="", file=sys.stderr)
    held = (resident() - before) / size
    token = json.loads(call("ListEndpointConfigs", b'{"MaxResults":100}'))["NextToken"]
    deep = json.dumps({"MaxResults": 100, "NextToken": token}).encode()
    known = [
        json.dumps({"EndpointConfigName": f"config-{i * 7919 % size}"}).encode() for i in range(SAMPLES)
    ]
    return {
        "bytes": held,
        "create": sample(call, "CreateEndpointConfig", [body(size + i) for i in range(SAMPLES // 10)]),
        "describe": sample(call, "DescribeEndpointConfig", known),
        "page": sample(call, "ListEndpointConfigs", [deep] * (SAMPLES // 10)),
    }


def sample(call: Callable[[str, bytes], bytes], operation: str, bodies: Sequence[bytes]) -> float:
    """Give the median time of a call, in microseconds."""
    taken = []
    for members in bodies:
        began = time.perf_counter()
        call(operation, members)
        taken.append((time.perf_counter() - began) * 1e6)
    return statistics.median(taken)


def in_a_process_of_its_own(what: str, size: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--only", what, "--sizes", str(size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def growth(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Measure each size: times in microseconds, bytes per configuration and beyond its request."""
    rows = []
    for size in sizes:
        row = in_a_process_of_its_own("fill", size)
        row |= {"size": size, "beyond": row["bytes"] - in_a_process_of_its_own("hold", size)["bytes"]}
        rows.append(row)
        print(f"growth: {size:,} configurations measured", file=sys.stderr)
    return rows


def figures(rows: Sequence[dict[str, Any]]) -> list[Figure]:
    """Judge the goals of growth: from the first size to the last, and the memory of the one before."""
    first, last = rows[0], rows[-1]
    span = f"{first['size']:,} to {last['size']:,}"
    middle = rows[-2]
    return [
        at_most(f"describe, from {span}", [last["describe"] / first["describe"]], 1.2),
        at_most(f"a page of 100, from {span}", [last["page"] / first["page"]], 2),
        at_most(
            f"each of {middle['size']:,} configurations, beyond the request",
            [middle["beyond"] / 1000],
            2,
            " kB",
        ),
    ]


def report(rows: Sequence[dict[str, Any]]) -> str:
    """Tabulate the medians."""
    head = ["configurations", "create", "describe", "page of 100", "memory", "beyond the request"]
    return table(
        head,
        [
            [
                f"{row['size']:,}",
                *(f"{row[what]:.0f} µs" for what in ("create", "describe", "page")),
                *(f"{row[what]:.0f} B" for what in ("bytes", "beyond")),
            ]
            for row in rows
        ],
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help=f"{SIZES}")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--only", choices=["fill", "hold"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if min(options.sizes) < SIZES[0]:
        parser.error(f"--sizes: {min(options.sizes)} is less than {SIZES[0]}, the least that has pages")
    if options.only:
        print(json.dumps((fill if options.only == "fill" else hold)(options.sizes[0])))
        return
    rows = growth(options.sizes)
    print(json.dumps(rows, indent=2) if options.json else report(rows))


if __name__ == "__main__":
    main()
