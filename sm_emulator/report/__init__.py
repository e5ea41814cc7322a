"""The retry report: what a client did about what it met, and where that was wrong."""

from sm_emulator.report.finding import FINDINGS, Finding
from sm_emulator.report.report import Report, tell
from sm_emulator.report.story import MOST_ATTEMPTS
from sm_emulator.report.summary import Summary

__all__ = ["FINDINGS", "MOST_ATTEMPTS", "Finding", "Report", "Summary", "tell"]
