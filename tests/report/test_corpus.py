"""Each program of the corpus has exactly its findings: no mistake is missed, none is invented."""

import pytest

from sm_emulator import Emulator
from sm_emulator.report.finding import FINDINGS
from tests.report.corpus import guilty, innocent  # noqa: F401  they register their cases
from tests.report.corpus.case import CASES, findings


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_program_has_exactly_its_findings(emulator, case):
    assert findings(case, emulator) == case.expected


def test_the_corpus_is_large_and_has_a_guilty_program_for_each_finding():
    assert len({case.program for case in CASES}) >= 60
    assert set().union(*(case.expected for case in CASES)) == set(FINDINGS)
    assert sum(not case.expected for case in CASES) >= 40
