"""Do the presets reproduce what was published? Published and measured, side by side.

    make calibration                        # or: python benchmarks/calibrate.py --n 20000 --json

Every figure is the share of first reads that are fresh at an age, measured through the store, and
one of them once more through HTTP with a virtual clock. Exits with 1 where one is out of bounds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sm_emulator import Emulator
from sm_emulator.clock import VirtualClock
from sm_emulator.consistency.build import build
from sm_emulator.consistency.curve import fresh
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key

PBS = "Bailis et al., VLDB 2012"
WADA = "Wada et al., CIDR 2011"
HRD = "App Engine SDK, datastore_stub_util.py"
HTTP_PRESET, HTTP_AGE = "simpledb-2011", 0.2


@dataclass(frozen=True)
class Published:
    """A figure of the literature: at `age` seconds, `share` of the reads were fresh."""

    preset: str
    age: float
    share: float
    within: float
    source: str
    replicas: dict[str, int] = field(default_factory=dict)

    @property
    def what(self) -> str:
        more = "".join(f", {name} {value}" for name, value in self.replicas.items())
        return f"{self.preset}{more}"


TWO_READ = {"read_replicas": 2}
FIGURES = (
    Published("pbs-lnkd-ssd", 0, 0.974, 0.01, PBS),
    Published("pbs-lnkd-ssd", 0.005, 0.99999, 0.01, PBS),
    Published("pbs-lnkd-disk", 0, 0.439, 0.01, PBS),
    Published("pbs-lnkd-disk", 0.010, 0.925, 0.01, PBS),
    Published("pbs-lnkd-disk", 0, 0.575, 0.01, PBS, {"count": 2}),
    Published("pbs-lnkd-disk", 0, 0.211, 0.01, PBS, {"count": 10}),
    Published("pbs-lnkd-disk", 0.0136, 0.999, 0.01, PBS, TWO_READ),
    Published("pbs-ymmr", 0, 0.893, 0.01, PBS),
    Published("pbs-ymmr", 1.364, 0.999, 0.01, PBS),
    Published("pbs-ymmr", 0.202, 0.999, 0.01, PBS, TWO_READ),
    Published("pbs-wan", 0, 0.33, 0.01, PBS),
    Published("simpledb-2011", 0, 0.334, 0.015, WADA),
    Published("simpledb-2011", 0.449, 0.334, 0.015, WADA),
    Published("simpledb-2011", 0.75, 0.9978, 0.015, WADA),
    Published("gae-hrd", 0.1, 0.98, 0.005, HRD),
    Published("gae-hrd", 0.3, 0.99, 0.005, HRD),
    Published("gae-hrd", 2, 0.995, 0.005, HRD),
    Published("gae-hrd", 240, 1, 0.005, HRD),
)


def measure(figure: Published, n: int, seed: int) -> float:
    """Measure through the store."""
    table = {"preset": figure.preset, "replicas": figure.replicas}
    return fresh(build(table), figure.age, n=n, seed=seed)


def measure_over_http(n: int, seed: int) -> float:
    """Create `n` configurations, let `HTTP_AGE` seconds pass, and describe each: over a socket."""
    with Emulator(seed=seed, clock="virtual", settings={"models.required": False}) as emulator:
        where = urlsplit(emulator.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port)

        def call(operation: str, members: dict[str, Any]) -> int:
            headers = {
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"SageMaker.{operation}",
            }
            connection.request("POST", "/", json.dumps(members), headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status

        emulator.scenario().consistency(HTTP_PRESET)
        variant = {
            "VariantName": "v",
            "ModelName": "m",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        names = [f"config{i}" for i in range(n)]
        for name in names:
            members = {"EndpointConfigName": name, "ProductionVariants": [variant]}
            if call("CreateEndpointConfig", members) != http.HTTPStatus.OK:
                raise RuntimeError(f"the configuration {name} was refused")
        emulator.scenario().clock.advance(HTTP_AGE)
        found = sum(
            call("DescribeEndpointConfig", {"EndpointConfigName": name}) == http.HTTPStatus.OK
            for name in names
        )
        connection.close()
    return found / n


def misled(n: int, seed: int, guarantees: list[str]) -> float:
    """Measure in how many pairs of reads, right after a create, the first hits and the second misses."""
    store = Store(VirtualClock(), seed, build({"preset": "simpledb-2011", "session": guarantees}))
    pairs = 0
    for i in range(n):
        key = Key("us-east-1", "EndpointConfig", f"config{i}")
        store.write(key, "v", "create")
        described = store.read(key, "describe", "DescribeEndpointConfig").value
        pairs += described is not None and store.read(key, "load", "CreateEndpoint").value is None
    return pairs / n


def results(n: int, seed: int) -> Iterator[dict[str, Any]]:
    """Measure every figure; the last one over HTTP."""
    for figure in FIGURES:
        yield judged(figure, figure.what, measure(figure, n, seed))
    for share, guarantees in ((2 / 9, []), (0.0, ["mr"])):
        # a third of the first reads hit, and two thirds of the second ones miss
        expected = Published("simpledb-2011", 0, share, 0.01 if share else 0, "by arithmetic")
        what = f"Describe hits, CreateEndpoint misses{', mr' if guarantees else ''}"
        yield judged(expected, what, misled(n, seed, guarantees))
    over_http = Published(HTTP_PRESET, HTTP_AGE, 0.334, 0.015, WADA)
    yield judged(over_http, f"{HTTP_PRESET}, over HTTP", measure_over_http(n, seed))


def judged(figure: Published, what: str, measured: float) -> dict[str, Any]:
    """Compare a measurement with what was published."""
    ok = abs(measured - figure.share) <= figure.within
    return {**asdict(figure), "what": what, "measured": measured, "ok": ok}


def main() -> int:
    """Print the table; give the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=20_000, help="writes for each figure [20000]")
    parser.add_argument("--seed", type=int, default=0, help="root of every draw [0]")
    parser.add_argument("--json", action="store_true", help="for machines")
    options = parser.parse_args()
    rows = []
    if not options.json:
        print(f"share of first reads that are fresh; n = {options.n}, seed {options.seed}\n")
        print(f"{'preset':41}{'age':>9}{'published':>11}{'measured':>10}{'within':>8}")
    for row in results(options.n, options.seed):
        rows.append(row)
        if not options.json:
            age = f"{row['age'] * 1000:g} ms"
            verdict = "" if row["ok"] else "   OUT OF BOUNDS"
            print(
                f"{row['what']:41}{age:>9}{row['share']:>11.4f}{row['measured']:>10.4f}"
                f"{row['within']:>8}   {row['source']}{verdict}",
                flush=True,
            )
    if options.json:
        print(json.dumps(rows, indent=2))
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
