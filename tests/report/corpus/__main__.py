"""Print both error rates of the findings on the corpus; exits with 1 unless both are zero.

python -m tests.report.corpus [RUNS] [--real-time]
"""

import argparse
import sys
from collections.abc import Iterable

from sm_emulator import Emulator
from tests.report.corpus import guilty, innocent, real_time  # noqa: F401  they register their cases
from tests.report.corpus.case import CASES, error_rates


def main() -> int:
    """Run the corpus, or its programs near the limits."""
    parser = argparse.ArgumentParser(description="error rates of the findings")
    parser.add_argument("runs", type=int, nargs="?", help="of each program")
    parser.add_argument("--real-time", action="store_true", help="programs near the limits, ten times")
    options = parser.parse_args()
    return in_real_time(options.runs or 10) if options.real_time else in_virtual_time(options.runs or 1)


def in_virtual_time(runs: int) -> int:
    """Print the errors of the corpus."""
    with Emulator() as emulator:
        found = [(str(case), case.expected, names) for case, names in error_rates(emulator, runs)]
    bad = sum(bool(case.expected) for case in CASES)
    print(f"{len(CASES)} programs: {bad} guilty, {len(CASES) - bad} innocent, {runs} run(s) each")
    return errors(found)


def in_real_time(runs: int) -> int:
    """Print the errors of the programs near the limits, and which had not the same findings each time."""
    of_programs = list(real_time.verdicts(runs))
    print(f"{len(of_programs)} programs near the limits, in real time, {runs} run(s) each")
    for name, _, counts in of_programs:
        if len(counts) > 1:
            print(f"flips: {name}: {', '.join(f'{n} {sorted(names)}' for names, n in counts.items())}")
    return errors(
        [
            (name, expected, names)
            for name, expected, counts in of_programs
            for names in counts.elements()
        ]
    )


def errors(found: Iterable[tuple[str, Iterable[str], Iterable[str]]]) -> int:
    """Print how many findings are false and missed, and return whether any is."""
    rows = [(name, set(expected), set(names)) for name, expected, names in found]
    false = [f"{name}: {each}" for name, expected, names in rows for each in sorted(names - expected)]
    missed = [f"{name}: {each}" for name, expected, names in rows for each in sorted(expected - names)]
    print(f"false findings: {len(false)} in {len(rows)} runs")
    print(f"missed findings: {len(missed)} in {sum(bool(expected) for _, expected, _ in rows)} runs")
    for line in [*false, *missed]:
        print(f"  {line}")
    return bool(false or missed)


if __name__ == "__main__":
    sys.exit(main())
