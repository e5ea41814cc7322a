"""Write the tables in docs/ that come from the code, between their markers; `--check` only compares.

A table is between `<!-- NAME: written by make operations -->` and `<!-- /NAME -->`. A new table is
a function here and a pair of markers in its page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sm_emulator.report.finding import FINDINGS

DOCS = Path(__file__).resolve().parent.parent / "docs"


def findings() -> Iterator[str]:
    """Return the table of findings."""
    yield from ("| finding | what happened | for example |", "|---|---|---|")
    for kind in FINDINGS.values():
        yield f"| `{kind.name}` | {kind.summary} | {kind.example} |"


TABLES: dict[str, tuple[str, Callable[[], Iterable[str]]]] = {"findings": ("retries.md", findings)}


def replaced(text: str, name: str, lines: Iterable[str]) -> str:
    """Return a page's text with the table `name` replaced by `lines`."""
    begin, end = f"<!-- {name}: written by make operations -->\n", f"<!-- /{name} -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return "".join((before, begin, *(f"{line}\n" for line in lines), end, after))


def pages() -> dict[Path, str]:
    """Return the text of each page that has a generated table."""
    texts: dict[Path, str] = {}
    for name, (page, lines) in TABLES.items():
        path = DOCS / page
        texts[path] = replaced(texts.get(path) or path.read_text(), name, lines())
    return texts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    stale = {path: text for path, text in pages().items() if path.read_text() != text}
    for path, text in stale.items():
        if check:
            print(f"docs/{path.name} is not current: make operations")
        else:
            path.write_text(text)
    return bool(stale) and check


if __name__ == "__main__":
    sys.exit(main())
