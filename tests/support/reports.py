"""Reports of exchanges by hand."""

from sm_emulator.journal.calls import group
from sm_emulator.report.report import Report, build_report
from tests.support.exchanges import FRESH, exchange, failed, missed

ABOUT = {
    "version": "1",
    "preset": "dynamodb",
    "faults": [],
    "schedule": [],
    "seed": 7,
    "dropped": 0,
    "evicted": 0,
}
ABOUT |= {"clock": "real", "timed": False}
SDK = {"invocation": "a", "max_attempts": 3, "duration": 0.002}


def report_of(*exchanges) -> Report:
    return build_report([group(exchanges)], ABOUT)


def eventful() -> Report:
    """Every kind of bar and mark."""
    return report_of(
        exchange(0, operation="CreateEndpointConfig", resource="churn", duration=0.002),
        missed(0.01, resource="churn", invocation="m1"),
        missed(1.01, resource="churn", invocation="m2"),
        missed(2.01, resource="churn", invocation="m3"),
        missed(3.01, resource="churn", invocation="m4"),
        missed(4.01, resource="churn", invocation="m5"),
        failed(4.1, operation="CreateModel", resource="m", faults=("throttle",), **SDK),
        failed(
            4.6, "InternalFailure", operation="CreateModel", resource="m", attempt=2, status=500, **SDK
        ),
        exchange(6, operation="CreateModel", resource="m", attempt=3, delivery="reset", status=0, **SDK),
        exchange(65, operation="DescribeModel", resource="m", reads=(FRESH,)),
    )
