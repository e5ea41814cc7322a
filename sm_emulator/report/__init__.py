"""The retry report: how a client handled failures and stale reads, and where that was wrong."""

from sm_emulator.report import findings as findings  # registers the types of findings
