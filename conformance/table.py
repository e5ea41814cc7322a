"""Write the results of `make conformance` into README.md and docs/clients.md, between two markers.

    python conformance/table.py             # needs a run of all clients
    python conformance/table.py --check     # exits with 1 where a row of the last run is not there

The last run's result is read from .venv/conformance.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from clients import CLIENTS, HERE
from faults import FAULTS
from run import RESULT, failed

BEGIN, END = "<!-- clients: made by make conformance -->\n", "<!-- /clients -->"
CAPTION = """\
Real clients, as tested by `make conformance`, and how often each tries one call under a fault, all by
itself ([more](docs/clients.md)):

"""


class Page(NamedTuple):
    """The page of a table, its caption, and the format of its operations."""

    path: Path
    caption: str
    format: Callable[[list[str]], str]


PAGES = [
    Page(HERE.parent / "README.md", CAPTION, lambda operations: str(len(operations))),
    Page(HERE.parent / "docs" / "clients.md", "", ", ".join),
]
HEAD = ["client", *FAULTS, "operations", "pointed here by"]


def table(page: Page, results: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a page's table."""
    yield _line(HEAD)
    yield _line(["---"] * len(HEAD))
    for each in results.values():
        runs = each["runs"]
        attempts = [str(run["attempts"]) for run in runs if "fault" in run]
        channels = ", ".join(dict.fromkeys(run["channel"] for run in runs))
        operations = page.format(runs[0]["operations"])
        yield _line([f"{each['title']} {each['version']}", *attempts, operations, channels])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def main() -> str:
    """Write or check the tables; return an error message, or an empty string."""
    results = json.loads(RESULT.read_text())["clients"]
    if any(failed(result) for result in results.values()):
        return "the last run failed"
    tables = {page: list(table(page, results)) for page in PAGES}
    if sys.argv[1:] == ["--check"]:
        lost = [row for page, rows in tables.items() for row in rows if row not in page.path.read_text()]
        return f"not on the page, write it by python {sys.argv[0]}:\n{''.join(lost)}" if lost else ""
    if set(results) != {client.name for client in CLIENTS}:
        return f"the last run was of {', '.join(results)} only"
    for page, rows in tables.items():
        before, _, rest = page.path.read_text().partition(BEGIN)
        text = BEGIN + page.caption + "".join(rows) + END + rest.partition(END)[2]
        page.path.write_text(before + text)
    return ""


if __name__ == "__main__":
    sys.exit(main() or 0)
