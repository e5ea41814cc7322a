"""The retry report: how a client handled failures and stale reads, and where that was wrong."""

from sm_emulator.report.finding import FINDINGS, Finding, select
from sm_emulator.report.report import Report, build_report, report_of
from sm_emulator.report.summary import Summary
from sm_emulator.report.trace import Run

__all__ = ["FINDINGS", "Finding", "Report", "Run", "Summary", "build_report", "report_of", "select"]
