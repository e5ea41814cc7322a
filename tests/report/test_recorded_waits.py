"""The findings on waits, over waits that were recorded on idle and on busy machines, and over drawn ones."""

import random
from dataclasses import replace
from itertools import accumulate

import pytest

from sm_emulator import Emulator
from sm_emulator.journal.calls import group
from sm_emulator.report.report import build_report
from sm_emulator.report.summary import predictable
from tests.support.exchanges import exchange, failed
from tests.support.reports import ABOUT, report_of

# In milliseconds. boto3 on two processors: alone, with seven other clients, and with two busy processes
NO_WAIT = [
    [9.3, 1.6, 1.5, 1.3],
    [3.1, 2.9, 4.3, 2.0, 3.1, 3.7, 3.2, 3.9, 2.3, 3.1, 3.2, 2.8],
    [39.6, 9.6, 7.4, 3.7, 5.4, 6.0, 5.5, 5.3, 4.8, 8.0, 1.6, 4.1],
    [42.9, 19.8, 9.1, 6.4, 3.8, 15.9],
]
SLEPT = [
    [8.9, 7.1, 7.0, 7.1, 7.0, 7.2],  # 5 ms
    [42.4, 12.1, 11.8, 11.6, 14.0, 12.2],  # 10 ms
    [21.0, 19.1, 18.9, 19.4, 18.9, 19.0],  # 17 ms
    [22.3, 22.1, 22.2, 25.4, 22.1, 22.2],  # 20 ms
    [17.0, 7.1, 12.3, 22.2, 42.4, 82.2],  # from 5 ms, doubled
]
EQUAL = [
    [110.3, 102.8, 102.5, 102.5, 102.6, 102.7, 102.5, 102.8, 102.4, 102.4],
    [142.7, 103.6, 102.4, 103.6, 104.5, 103.3, 103.4, 103.3, 101.9, 101.9],
    [541.2, 502.7, 502.7, 502.5, 502.9, 502.7, 503.0, 503.7, 503.7, 502.8],
    [502.0, 503.1, 503.2, 504.1, 503.4, 502.3, 502.5, 503.8, 503.8, 518.8],
    [523.7, 505.0, 504.0, 503.6, 503.8],
    [114.2, 203.4, 404.6, 802.5, 1602.5],
]


def names(waits: list[float]) -> list[str]:
    starts = accumulate((wait / 1000 for wait in waits), initial=0.0)
    *attempts, end = starts
    report = report_of(*(failed(at) for at in attempts), exchange(end))
    return [finding.name for finding in report.findings]


@pytest.mark.parametrize("waits", NO_WAIT)
def test_a_client_that_does_not_wait_is_found_on_a_busy_machine_too(waits):
    assert "retry-without-wait" in names(waits)


@pytest.mark.parametrize("waits", SLEPT)
def test_a_client_that_sleeps_five_milliseconds_or_more_waits(waits):
    assert names(waits) == []


@pytest.mark.parametrize("waits", EQUAL)
def test_equal_and_doubled_waits_are_found_though_the_first_and_another_are_longer(waits):
    assert "retry-without-jitter" in names(waits)


@pytest.mark.parametrize(
    ("count", "seconds", "most"),
    [(4, 0.2, 0), (8, 0.2, 10), (5, 0.5, 10), (4, 1.0, 30), (6, 1.0, 10), (10, 5.0, 2)],
)
def test_jitter_of_a_tenth_is_hardly_ever_taken_for_none(count, seconds, most):
    draws = random.Random(5)

    def wait() -> float:
        return seconds * draws.uniform(0.9, 1.1) + draws.uniform(0, 0.001)

    assert sum(predictable([wait() for _ in range(count)]) for _ in range(5000)) <= most


def test_the_round_trips_of_a_virtual_clock_are_no_waits():
    attempts = [failed(0.025 * number, round_trip=0.025, wall=0.002 * number) for number in range(8)]
    report = build_report([group(attempts, virtual=True)], ABOUT, virtual=True)
    assert "retry-without-wait" in report


def test_a_client_that_does_not_wait_is_found_in_a_reproducible_scenario():
    with Emulator(settings={"reproducible": True}) as emulator:
        scenario = emulator.new_scenario("200000000900")
        client = scenario.client("sagemaker")
        for _ in range(8):
            with pytest.raises(client.exceptions.ClientError):
                client.describe_endpoint(EndpointName="e")
        exchanges = scenario.journal().exchanges
    # as on an idle machine
    idle = [replace(each, wall=0.002 * n, duration=0.001) for n, each in enumerate(exchanges)]
    report = build_report([group(idle, virtual=True)], ABOUT, virtual=True)
    assert "retry-without-wait" in report
