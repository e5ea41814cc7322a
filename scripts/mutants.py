"""Mutate packages one place at a time, and count the mutants that their tests kill.

    python scripts/mutants.py [--sample 100] [PACKAGE ...]

Works on a copy of the tree. The mutants that survive are printed as diffs: each is a test that is
missing, or a change that nothing can observe. docs/adr/0009-mutation-testing.md says why by this tool.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkItem

ROOT = Path(__file__).resolve().parent.parent
# Each package, and the fast tests that must notice a change of it
TESTS = {
    "operations": "tests/operations tests/fidelity tests/test_gateway.py tests/test_thresholds.py",
    "server": "tests/server tests/test_thresholds.py",
    "containers": "tests/containers tests/operations/test_invoke.py",
    "report": "tests/report tests/server/test_admin_journal.py tests/test_thresholds.py",
    "passthrough": "tests/server tests/test_thresholds.py",
}
CONFIGURATION = """
[cosmic-ray]
module-path = "sm_emulator/{package}"
timeout = {timeout}
excluded-modules = []
test-command = "{command}"
[cosmic-ray.distributor]
name = "local"
"""
TIMEOUT = 120.0


def main() -> int:
    """Mutate what the command line names, and print the score of each package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="only that many mutants of each package, by chance")
    parser.add_argument("--seed", type=int, default=0, help="the chance by which they are chosen")
    parser.add_argument("packages", nargs="*", choices=[*TESTS, []], metavar="PACKAGE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "site", "__pycache__"))
        for package in given.packages or TESTS:
            _mutate(tree, package, given.sample, given.seed)
    return 0


def _mutate(tree: Path, package: str, sample: int | None, seed: int) -> None:
    command = f"{sys.executable} -m pytest -n 0 -x -q -p no:cacheprovider -m 'not slow' {TESTS[package]}"
    configuration = tree / "mutants.toml"
    configuration.write_text(CONFIGURATION.format(package=package, timeout=TIMEOUT, command=command))
    session = tree / f"{package}.sqlite"
    _cosmic_ray(tree, "init", configuration, session)
    with use_db(session, WorkDB.Mode.open) as database:
        items = [item for item in database.work_items if _is_meant(item)]
        chosen = random.Random(seed).sample(items, min(sample or len(items), len(items)))
        database.clear()
        database.add_work_items(chosen)
    _cosmic_ray(tree, "baseline", configuration)
    _cosmic_ray(tree, "exec", configuration, session)
    with use_db(session, WorkDB.Mode.open) as database:
        results = [result for _, result in database.results]
    survived = [result for result in results if not result.is_killed]
    for result in survived:
        print(result.diff)
    killed = len(results) - len(survived)
    print(f"{package}: {killed} of {len(results)} killed, of {len(items)} mutants there are", flush=True)


def _is_meant(item: WorkItem) -> bool:
    """Leave out the | of annotations, which are not evaluated, and changes of decorators."""
    (mutation,) = item.mutations
    return "BitOr" not in mutation.operator_name and "Decorator" not in mutation.operator_name


def _cosmic_ray(tree: Path, *words: str | Path) -> None:
    subprocess.run([Path(sys.executable).parent / "cosmic-ray", *words], cwd=tree, check=True)


if __name__ == "__main__":
    sys.exit(main())
