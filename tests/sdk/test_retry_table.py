"""The table of how often clients try: rows of it against real clients, and the page that shows it."""

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from sm_emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
_spec = spec_from_file_location("retry_table", ROOT / "scripts/retry_table.py")
assert _spec
assert _spec.loader
table = module_from_spec(_spec)
sys.modules["retry_table"] = table  # dataclasses look there for what annotations mean
_spec.loader.exec_module(table)
ROWS = {row.label: row for row in table.ROWS}


@pytest.fixture(scope="module")
def attempts():
    with Emulator() as emulator:
        yield table.Bench(emulator).measure


@pytest.mark.parametrize("client", table.CLIENTS[:3])
@pytest.mark.parametrize(
    "label",
    [
        "400 ThrottlingException",
        "400 TooManyRequestsException",
        "503 ServiceUnavailable",
        "connection reset",
        "400 ValidationException",
        "429 ModelNotReadyException of the runtime",
        "530 InternalDependencyException of the runtime",
    ],
)
def test_boto3_tries_as_often_as_the_table_says(attempts, label, client):
    assert attempts(ROWS[label], client) == ROWS[label].expected[table.CLIENTS.index(client)]


@pytest.mark.parametrize("label", ["400 ThrottlingException", "400 ValidationException"])
def test_the_cli_tries_as_often_as_the_table_says(attempts, label):
    assert attempts(ROWS[label], "AWS CLI") == ROWS[label].expected[3]


def test_the_page_holds_the_table():
    page = (ROOT / "docs/retry-table.md").read_text()
    shown = {
        label: tuple(map(int, counts.split(" | ")))
        for label, counts in re.findall(r"^\| (.+?) \| ([\d |]+) \|$", page, re.MULTILINE)
    }
    assert shown == {row.label: row.expected for row in table.ROWS}
