"""Write docs/retry-table.md: how often real clients try, by fault, as recorded in the journal.

    make retry-table

Each cell is one call of a new client with a new account, while a fault acts on every attempt. The
clients do not sleep, so that the table takes a minute. Exits with 1 where a client differs from what was
measured before (2026-11, with boto3 1.44.5 and AWS CLI 1.46.3).
"""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sm_emulator import Emulator, Scenario

TABLE = Path(__file__).resolve().parent.parent / "docs/retry-table.md"
MODES = ("legacy", "standard", "adaptive")
CLIENTS = (*(f"boto3 {mode}" for mode in MODES), "AWS CLI")
# The service, method and arguments of boto3, and those of the CLI, by the operation that is called
CALLS: dict[str, tuple[str, str, dict[str, Any], tuple[str, ...]]] = {
    "ListModels": ("sagemaker", "list_models", {}, ("list-models",)),
    "InvokeEndpoint": (
        "sagemaker-runtime",
        "invoke_endpoint",
        {"EndpointName": "e", "Body": b"{}"},
        ("invoke-endpoint", "--endpoint-name", "e", "--body", "{}", "/dev/null"),
    ),
}
# The CLI without its sleeps
CLI = (
    "import sys, time; time.sleep = lambda _: None; from awscli.clidriver import main; sys.exit(main())"
)

PAGE = """# How often clients try

This page shows how many requests a client sends for one call while every attempt gets the same fault, as
recorded in the emulator's journal: boto3 {boto3} in its three modes (standard is the default) and
AWS CLI {awscli}. `make retry-table` rewrites this page.

{head}
{rule}
{rows}

So no client retries a `ValidationException`, the error of a stale miss: the program has to.
Nor do the newer modes retry a model that is not ready: where the API's model declares the error
of a 429, they do not treat it as throttling.
`AWS_MAX_ATTEMPTS` and `AWS_RETRY_MODE` configure the number of attempts.
"""


@dataclass(frozen=True, eq=False)
class Row:
    """A fault with its settings, and the number of attempts measured before, by old and new rules.

    boto3's legacy mode and the AWS CLI 1 follow the old rules, standard and adaptive mode the new ones.
    """

    label: str
    old: int
    new: int
    fault: str = "error"
    settings: Mapping[str, Any] = field(default_factory=dict)
    operation: str = "ListModels"

    @property
    def expected(self) -> tuple[int, ...]:
        return (self.old, self.new, self.new, self.old)


def _error(code: str, status: int, old: int, new: int) -> Row:
    return Row(f"{status} {code}", old, new, "error", {"code": code, "status": status})


def _of_the_runtime(code: str, status: int, old: int, new: int) -> Row:
    row = _error(code, status, old, new)
    return replace(row, label=f"{row.label} of the runtime", operation="InvokeEndpoint")


def _rows() -> Iterator[Row]:
    for code in ("ThrottlingException", "Throttling"):
        yield _error(code, 400, 5, 3)
    for code in (
        "TooManyRequestsException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "BandwidthLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
    ):
        yield _error(code, 400, 1, 3)
    yield _error("ThrottlingException", 429, 5, 3)
    yield _error("InternalFailure", 500, 5, 3)
    yield _error("BadGateway", 502, 5, 3)
    for code in ("ServiceUnavailable", "RequestLimitExceeded", "SlowDown"):
        yield _error(code, 503, 5, 3)
    yield _error("GatewayTimeout", 504, 5, 3)
    yield Row("connection closed before the answer", 5, 3, "close")
    yield Row("connection reset", 5, 3, "reset")
    for code in (
        "ValidationException",
        "ResourceLimitExceeded",
        "ResourceInUse",
        "UnknownOperationException",
        "SerializationException",
        "UnrecognizedClientException",
    ):
        yield _error(code, 400, 1, 1)
    for code in ("AccessDeniedException", "ExpiredTokenException", "InvalidSignatureException"):
        yield _error(code, 403, 1, 1)
    yield _error("ConflictException", 409, 1, 1)
    yield _of_the_runtime("ModelNotReadyException", 429, 5, 1)
    yield _of_the_runtime("ModelError", 424, 1, 1)
    yield _of_the_runtime("InternalDependencyException", 530, 1, 1)
    yield Row(
        "200, invalid JSON (boto3 returns an empty result, without an error)",
        1,
        1,
        "malformed",
    )


ROWS = tuple(_rows())


class Bench:
    """An emulator, with a new account for every call."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._accounts = (f"{number:012d}" for number in itertools.count(1))

    def measure(self, row: Row, client: str) -> int:
        """Count the attempts of one call of `client` while the fault of `row` acts on all of them."""
        scenario = self._emulator.scenario(next(self._accounts))
        with scenario.fault(row.fault, operation=row.operation, **row.settings):
            _call(scenario, client, row.operation)
        return len(scenario.calls(row.operation).last.attempts)


def _call(scenario: Scenario, client: str, operation: str) -> None:
    kind, _, mode = client.partition(" ")
    service, method, arguments, words = CALLS[operation]
    if kind == "boto3":
        boto3 = scenario.client(service, config=Config(retries={"mode": mode}))
        with patch("time.sleep"), contextlib.suppress(ClientError, BotoCoreError):
            getattr(boto3, method)(**arguments)
        return
    command = [sys.executable, "-c", CLI, service, *words]
    subprocess.run(command, env=scenario.environment(), capture_output=True, check=False)  # noqa: S603


def render(measured: Mapping[Row, tuple[int, ...]]) -> str:
    """Return the page."""
    rows = (f"| {row.label} | {' | '.join(map(str, counts))} |" for row, counts in measured.items())
    return PAGE.format(
        boto3=version("boto3"),
        awscli=version("awscli"),
        head=f"| every attempt gets | {' | '.join(CLIENTS)} |",
        rule=f"|---|{'---|' * len(CLIENTS)}",
        rows="\n".join(rows),
    )


def main() -> int:
    """Measure, write, and compare."""
    measured = {}
    wrong = 0
    with Emulator() as emulator:
        bench = Bench(emulator)
        for row in ROWS:
            measured[row] = tuple(bench.measure(row, client) for client in CLIENTS)
            differs = "" if measured[row] == row.expected else f"   expected {row.expected}"
            wrong += bool(differs)
            print(f"{row.label:<70} {measured[row]}{differs}", flush=True)
    TABLE.write_text(render(measured), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
