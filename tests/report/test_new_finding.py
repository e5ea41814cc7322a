"""A finding is one file: a new one appears in every form of the report and in the documentation."""

import importlib
import json
import subprocess
import sys

import pytest

from scripts.generate_tables import findings as findings_table
from sm_emulator.report import findings
from sm_emulator.report.finding import FINDINGS
from tests.support.exchanges import exchange
from tests.support.reports import report_of

NEW = """
from sm_emulator.report.finding import finding

@finding
def models_were_listed(trace):
    '''Models were listed.

    `list_models()`

    Describe them instead.
    '''
    for chain in trace.chains:
        if chain.last.operation == "ListModels":
            yield "ListModels was called.", chain.attempts
"""


@pytest.fixture
def new_finding(tmp_path, monkeypatch):
    """Add a module to the package of findings, for one test."""
    (tmp_path / "listed.py").write_text(NEW)
    monkeypatch.setattr(findings, "__path__", [str(tmp_path)])
    monkeypatch.setitem(FINDINGS, "models-were-listed", None)  # removed after the test
    monkeypatch.delitem(sys.modules, f"{findings.__name__}.listed", raising=False)
    importlib.import_module(f"{findings.__name__}.listed")
    return "models-were-listed"


def test_a_new_finding_appears_in_every_form_of_the_report(new_finding):
    report = report_of(exchange(operation="ListModels", resource=""))
    assert [finding.name for finding in report.findings] == [new_finding]
    document = json.loads(json.dumps(report.as_json()))
    assert document["findings"][0]["advice"] == "Describe them instead."
    assert new_finding in [kind["name"] for kind in document["finding_types"]]
    for form in (report.as_text(), report.as_html(), report.as_junit()):
        assert new_finding in form
        assert "ListModels was called." in form


def test_a_new_finding_appears_in_the_documented_table(new_finding):
    assert f"| `{new_finding}` | Models were listed. | `list_models()` |" in list(findings_table())


@pytest.mark.slow
def test_the_tables_in_the_documentation_are_current():
    command = [sys.executable, "scripts/generate_tables.py", "--check"]
    assert subprocess.run(command, check=False).returncode == 0
