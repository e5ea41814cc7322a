"""Write what `make conformance` has found into README.md and docs/clients.md, between two markers.

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
    """Where a table stands: under which caption, and how it tells of operations."""

    path: Path
    caption: str
    tell: Callable[[list[str]], str]


PAGES = [
    Page(HERE.parent / "README.md", CAPTION, lambda operations: str(len(operations))),
    Page(HERE.parent / "docs" / "clients.md", "", ", ".join),
]
HEAD = ["client", *FAULTS, "operations", "pointed here by"]


def table(page: Page, results: dict[str, Any]) -> Iterator[str]:
    """Write the lines of a page's table."""
    yield _line(HEAD)
    yield _line(["---"] * len(HEAD))
    for each in results.values():
        lives = each["lives"]
        attempts = [str(life["attempts"]) for life in lives if "fault" in life]
        ways = ", ".join(dict.fromkeys(life["way"] for life in lives))
        operations = page.tell(lives[0]["operations"])
        yield _line([f"{each['title']} {each['version']}", *attempts, operations, ways])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def main() -> str:
    """Write, or check; give what is wrong, or nothing."""
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
