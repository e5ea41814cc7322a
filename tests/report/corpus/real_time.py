"""Programs near the limits of the findings on waits, in real time and at the same time as others.

The corpus runs on a virtual clock, where the machine adds nothing to a wait. Here it does.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sm_emulator import Emulator, Scenario
from sm_emulator.journal.calls import group
from sm_emulator.report.report import build_report
from tests.report.corpus.case import ACCOUNTS

_AT_ONCE = 8  # clients: a machine with two processors is busy then
_START = 2.0  # seconds until all of them have started
_NO_RETRIES = Config(retries={"total_max_attempts": 1})
Draw = Callable[[random.Random], float]


def fixed(count: int, seconds: float, factor: float = 1) -> list[Draw]:
    """Return waits that are equal, or grow by a factor."""
    return [lambda _, n=n: seconds * factor**n for n in range(count)]


def jittered(count: int, seconds: float, share: float, factor: float = 1) -> list[Draw]:
    """Return waits that are drawn from a share below to a share above."""
    return [
        lambda draws, n=n: seconds * factor**n * draws.uniform(1 - share, 1 + share)
        for n in range(count)
    ]


# Whether it polls what is missing, or retries a throttled call; its waits; its findings
Program = tuple[bool, Sequence[Draw], set[str]]
PROGRAMS: dict[str, Program] = {
    "no wait": (False, fixed(6, 0), {"retry-without-wait"}),
    "no wait between polls": (True, fixed(12, 0), {"retry-without-wait"}),
    **{
        f"waits of {wait:g} s": (False, fixed(8, wait), set())
        for wait in (0.005, 0.01, 0.013, 0.017, 0.02, 0.03)
    },
    "equal waits of 0.1 s": (False, fixed(14, 0.1), {"retry-without-jitter"}),
    "few equal waits of 0.1 s": (False, fixed(5, 0.1), set()),  # too few to tell
    "a slow first wait": (
        False,
        [lambda _: 0.25, *fixed(13, 0.1)],
        {"retry-without-jitter"},
    ),
    "equal waits of 0.5 s": (False, fixed(8, 0.5), {"retry-without-jitter"}),
    "doubled waits": (False, fixed(6, 0.1, 2), {"retry-without-jitter"}),
    **{
        f"{count} waits of {wait:g} s, {share:.0%} of jitter": (
            False,
            jittered(count, wait, share),
            set(),
        )
        for share in (0.05, 0.1, 0.2, 0.3)
        for count, wait in ((4, 0.2), (8, 0.2), (5, 0.5))
    },
    "doubled waits, 10% of jitter": (False, jittered(5, 0.1, 0.1, 2), set()),
    "full jitter": (False, [lambda draws, n=n: draws.uniform(0, 0.1 * 2**n) for n in range(5)], set()),
    "back-off from 5 ms": (False, fixed(8, 0.005, 2), set()),
    "polls every 5 ms": (True, fixed(12, 0.005), set()),
    "polls every 0.1 s": (True, fixed(12, 0.1), set()),
}


def run(name: str, url: str, account: str, seed: str) -> None:
    """Run a program, with a client of its own."""
    client = boto3.client(
        "sagemaker",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="x",
        config=_NO_RETRIES,
    )
    draws = random.Random(seed)
    for wait in (*PROGRAMS[name][1], None):
        with contextlib.suppress(ClientError):
            client.describe_endpoint(EndpointName="e")
        if wait:
            time.sleep(wait(draws))


def verdicts(runs: int) -> Iterator[tuple[str, set[str], Counter[frozenset[str]]]]:
    """Run each program some times, and yield its name, its findings, and how often it had which."""
    context = multiprocessing.get_context("spawn")
    with Emulator() as emulator, ProcessPoolExecutor(_AT_ONCE, mp_context=context) as pool:
        for started in [pool.submit(time.sleep, _START) for _ in range(_AT_ONCE)]:
            started.result()
        begun = [
            (name, scenario, pool.submit(run, name, emulator.url, scenario.account, f"{name} {number}"))
            for number in range(runs)
            for name, (polls, waits, _) in PROGRAMS.items()
            for scenario in [_scenario(emulator, 0 if polls else len(waits))]
        ]
        found = [(name, _findings(scenario, future)) for name, scenario, future in begun]
    for name, (_, _, expected) in PROGRAMS.items():
        yield name, expected, Counter(each for of, each in found if of == name)


def _scenario(emulator: Emulator, throttled: int) -> Scenario:
    scenario = emulator.new_scenario(next(ACCOUNTS))
    if throttled:
        scenario.fault("throttle", operation="DescribeEndpoint", times=throttled)
    return scenario


def _findings(scenario: Scenario, future: Future[None]) -> frozenset[str]:
    future.result()
    calls = group(scenario.journal().exchanges, one_program=True)
    report = build_report([calls], {}, max_attempts=20)
    return frozenset(finding.name for finding in report.findings)
