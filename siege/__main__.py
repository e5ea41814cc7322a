"""Run the attacks and print a table of what each cost.

    python -m siege [--quick] [ATTACK ...]

An ATTACK is a part of a name; those on a million resources, minutes each, run only if named.
The exit code is 1 where an attack was not withstood.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from siege import amounts, ends, load, million, work
from siege.campaign import ATTACKS, Row, run

MODULES = (work, load, amounts, million, ends)  # each declares its attacks when it is imported


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="siege", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller attacks, in 2 minutes")
    parser.add_argument("--json", type=Path, help="write the rows into this file")
    parser.add_argument(
        "attacks", nargs="*", metavar="ATTACK", help="only those with this in their name"
    )
    given = parser.parse_args()
    chosen = [
        each
        for each in ATTACKS
        if (given.attacks or not (each.filled or (given.quick and not each.quick)))
        and (not given.attacks or any(part in each.name for part in given.attacks))
    ]
    begun = time.monotonic()
    print(
        f"{'attack':52} {'tries':>7} {'p99.9':>7} {'worst':>8} {'MB':>6} {'stop':>6}  verdict",
        flush=True,
    )
    rows = []
    for row in run(chosen, quick=given.quick):
        print(line(row), flush=True)
        rows.append(row)
    lost = [row for row in rows if row.verdict != "holds"]
    print(f"{len(rows) - len(lost)} of {len(rows)} held, in {time.monotonic() - begun:.0f} s")
    if given.json:
        given.json.write_text(
            json.dumps([vars(row) | {"verdict": row.verdict} for row in rows], indent=1)
        )
    return 1 if lost else 0


def line(row: Row) -> str:
    """Return a row of the table: milliseconds of a bystander, megabytes, seconds to stop."""
    figures = f"{row.p999:7.1f} {row.worst:8.1f} {row.memory:6.0f} {row.stop:6.2f}"
    return f"{row.name:52} {row.tries:7,} {figures}  {row.verdict}"


if __name__ == "__main__":
    sys.exit(main())
