"""Recorded requests (exchanges), and the logical calls that they are attempts at."""

from sm_emulator.journal.calls import Calls, LogicalCall, group
from sm_emulator.journal.exchange import Exchange, ReadSummary, session_label, without_values
from sm_emulator.journal.journal import Entries, Journal, JournalFilter

__all__ = [
    "Calls",
    "Entries",
    "Exchange",
    "Journal",
    "JournalFilter",
    "LogicalCall",
    "ReadSummary",
    "group",
    "session_label",
    "without_values",
]
