"""What exploring costs: runs and seconds of small programs, a deployment, processes, and the server.

    python benchmarks/explore.py --times 5
    python benchmarks/explore.py --base v1.0    # also a server of that commit, in pairs of rounds

Seconds are those of the clock on the wall; where the machine is busy, the time of the processor says
more. What needs the environment of `make conformance` is left out where that is missing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from judge import Figure, at_least, at_most, goals, table  # noqa: E402
from load import drive  # noqa: E402
from messages import creates, describes  # noqa: E402
from servers import Server, serving  # noqa: E402

from sm_emulator import Emulator  # noqa: E402
from sm_emulator.config.settings import Override, load  # noqa: E402
from sm_emulator.explore.choices import Kinds  # noqa: E402
from sm_emulator.explore.command import Workload  # noqa: E402
from sm_emulator.explore.in_process import InProcess  # noqa: E402
from sm_emulator.explore.interpreter import python_program  # noqa: E402
from sm_emulator.explore.run import Execute  # noqa: E402
from sm_emulator.explore.search import Search  # noqa: E402
from sm_emulator.explore.workers import Bench  # noqa: E402
from sm_emulator.schedule.schedule import Schedule  # noqa: E402
from tests.explore import programs  # noqa: E402
from tests.explore.conftest import LIFECYCLE  # noqa: E402
from tests.explore.deploy import deploy, impatient  # noqa: E402

STALE = Kinds(faults=())
SMALL = {
    programs.a_model: (
        programs.naive,
        programs.describe_first,
        programs.three_attempts,
        programs.back_off,
        programs.existing_is_failure,
        programs.idempotent,
        programs.deploy_and_wait,
        programs.list_as_a_guard,
    ),
    programs.a_live_endpoint: (programs.blue_green, programs.replace, programs.read_modify_write),
}
ONE, TWO = Kinds(faults=("lost", "503", "throttle")), Kinds(faults=("lost", "throttle"))
NAIVE = """
import boto3
sagemaker = boto3.client("sagemaker")
variants = [dict(VariantName="a", ModelName="m", InstanceType="ml.m5.large", InitialInstanceCount=1)]
sagemaker.create_endpoint_config(EndpointConfigName="cfg", ProductionVariants=variants)
sagemaker.create_endpoint(EndpointName="ep", EndpointConfigName="cfg")
"""
SDK = """
import boto3
from sagemaker.model import Model
from sagemaker.session import Session
session = Session(boto3.Session(), default_bucket="b")
Model("image", role="arn:aws:iam::123456789012:role/r", name="m", sagemaker_session=session).deploy(
    1, "ml.m5.large", endpoint_name="churn"
)
"""


@dataclass
class Found:
    """What searches for one program cost, one after the other, and the last of them."""

    name: str
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    last: Search | None = None

    @property
    def runs(self) -> int:
        """How often the program ran."""
        assert self.last
        return self.last.counts.runs

    def row(self) -> list[str]:
        """Return the row of a table."""
        assert self.last
        first = self.last.breaks[0].schedule if self.last.breaks else self.last.stopped or "exhausted"
        each = (f"{median(some):.2f}" for some in (self.seconds, self.processor))
        return [self.name, str(self.runs), *each, f"{median(self.seconds) / self.runs:.3f}", str(first)]


def search(name: str, execute: Execute, times: int, kinds: Kinds, k: int = 1) -> Found:
    """Search a number of times."""
    found = Found(name)
    for _ in range(times):
        began, spent = time.perf_counter(), time.process_time()
        found.last = Search(execute, time.monotonic, kinds, k=k)
        found.last.run()
        found.seconds.append(time.perf_counter() - began)
        found.processor.append(time.process_time() - spent)
    print(*found.row(), sep="  ", file=sys.stderr)
    return found


def in_process(times: int, longest: int) -> tuple[list[Found], list[Found]]:
    """Search the small programs, and the deployment with at most `longest` causes."""
    with Emulator() as emulator:

        def runner(program: Any, prepare: Any = None) -> InProcess:
            return InProcess(program, emulator, prepare=prepare, max_lag=2.0, settings=LIFECYCLE)

        runner(programs.naive, programs.a_model)(Schedule())  # loads what botocore needs
        small = [
            search(program.__name__, runner(program, prepare), times, STALE)
            for prepare, some in SMALL.items()
            for program in some
        ]
        large = [
            search("impatient", runner(impatient), times, STALE),
            search("deploy", runner(deploy), times, ONE),
            *(search(f"deploy, k = {k}", runner(deploy), 1, TWO, k) for k in range(2, longest + 1)),
        ]
    return small, large


def figures_in_process(small: list[Found], large: list[Found]) -> Iterator[Figure]:
    """Judge the searches in this process."""
    slowest = max(small, key=lambda found: median(found.seconds))
    yield at_most(f"{len(small)} small programs: runs of one", [max(f.runs for f in small)], 8)
    yield at_most(f"the slowest ({slowest.name})", slowest.seconds, 0.3, " s")
    bounds = ((20, 1.5), (100, 6), (600, 60))
    for found, (runs, seconds) in zip(large, bounds, strict=False):
        assert found.last
        what = f"{found.name}: {', '.join(found.last.kinds.words)}"
        yield at_most(f"{what}: runs", [found.runs], runs)
        yield at_most(what, found.seconds, seconds, " s")


@contextmanager
def process(program: str, python: str, *preload: str) -> Iterator[Execute]:
    """Run a program of Python in forks."""
    workload = Workload((python, "-c", program), virtual=True)
    port, models = (
        Override("server.port", 0, "benchmark"),
        Override("models.required", False, "benchmark"),
    )
    bench = Bench(workload, load([port, models]), python_program(workload.command), preload)
    with bench.open() as runner:
        yield runner


def forked(times: int) -> Figure:
    """Run a program that uses boto3 in forks."""
    seconds = []
    with process(NAIVE, sys.executable) as runner:
        for _ in range(times + 1):
            began = time.perf_counter()
            runner(Schedule())
            seconds.append(time.perf_counter() - began)
    return at_most("a run in a fork, with boto3", seconds[1:], 0.15, " s")


def sdk(times: int) -> Figure:
    """Search a deployment by the SageMaker SDK, if its environment is there."""
    environments = sorted(Path.home().glob(".cache/sm-emulator/conformance/sagemaker-sdk-[!3]*"))
    what = "SageMaker SDK: a deployment in forks, late"
    if not environments:
        return Figure(what, "at most 10 s", "run `make conformance` before", reached=None)
    began = time.perf_counter()
    with process(SDK, str(environments[0] / "bin" / "python"), "sagemaker") as runner:
        started = time.perf_counter() - began
        found = search("SageMaker SDK", runner, times, STALE)
    return at_most(what, [started + seconds for seconds in found.seconds], 10, " s")


def server(source: Path) -> Server:
    """Describe a server of the package in a folder."""
    command = ["env", f"PYTHONPATH={source}", sys.executable, "-m", "sm_emulator"]
    return Server(str(source), [*command, "serve", "--port", "{port}", "--preset", "strong"])


def against(base: str, rounds: int, seconds: float) -> Iterator[Figure]:
    """Load this server and that of a commit in turn, and judge the ratios of rates and of own time."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        archive = subprocess.run(
            ["git", "archive", base, "sm_emulator", "schemas"], cwd=ROOT, check=True, capture_output=True
        )
        subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)
        pair = server(ROOT), server(Path(folder))
        for each in pair:
            stack.enter_context(serving(each))
        for kind, source in {"creates": creates, "describes": describes}.items():
            rates, owns = _ratios(pair, source, rounds, seconds)
            yield at_least(f"{kind} per second : those of {base}", rates, 0.98)
            yield at_least(f"{kind}, own time of {base} : ours", owns, 0.98)


def _ratios(
    pair: tuple[Server, Server], source: Callable[[], Callable[[], bytes]], rounds: int, seconds: float
) -> tuple[list[float], list[float]]:
    rates, owns = [], []
    for number in range(rounds):
        rate, own = {}, {}
        for each in pair[:: -1 if number % 2 else 1]:
            before = each.processor_seconds()
            rate[each] = drive(each.port, source(), 8, seconds).rate
            own[each] = (each.processor_seconds() - before) / rate[each]
        rates.append(rate[pair[0]] / rate[pair[1]])
        owns.append(own[pair[1]] / own[pair[0]])
    return rates, owns


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5, help="searches for each program [5]")
    parser.add_argument("-k", type=int, default=2, help="most causes, for the deployment [2]")
    parser.add_argument("--base", help="a commit whose server is compared")
    parser.add_argument("--rounds", type=int, default=40, help="with --base [40]")
    options = parser.parse_args()
    small, large = in_process(options.times, options.k)
    figures = [*figures_in_process(small, large), forked(options.times), sdk(options.times)]
    if options.base:
        figures += against(options.base, options.rounds, 0.35)
    head = ["program", "runs", "s", "processor s", "s a run", "smallest schedule"]
    print(goals(figures), table(head, [found.row() for found in (*small, *large)]), sep="\n\n")


if __name__ == "__main__":
    main()
