"""Print both error rates of the findings on the corpus; exits with 1 unless both are zero.

python -m tests.report.corpus [RUNS]
"""

import sys

from sm_emulator import Emulator
from tests.report.corpus import guilty, innocent  # noqa: F401  they register their cases
from tests.report.corpus.case import CASES, error_rates


def main() -> int:
    """Run the corpus."""
    runs = int(sys.argv[1]) if sys.argv[1:] else 1
    false_red: list[str] = []
    false_green: list[str] = []
    with Emulator() as emulator:
        for case, found in error_rates(emulator, runs):
            false_red += [f"{case}: {name}" for name in sorted(found - case.expected)]
            false_green += [f"{case}: {name}" for name in sorted(case.expected - found)]
    bad = sum(bool(case.expected) for case in CASES)
    print(f"{len(CASES)} programs: {bad} guilty, {len(CASES) - bad} innocent, {runs} run(s) each")
    print(f"false findings: {len(false_red)} in {len(CASES) * runs} runs")
    print(f"missed findings: {len(false_green)} in {bad * runs} runs")
    for line in [*false_red, *false_green]:
        print(f"  {line}")
    return bool(false_red or false_green)


if __name__ == "__main__":
    sys.exit(main())
