"""Recorded requests (exchanges), and the logical calls that they are attempts at."""

from sm_emulator.journal.calls import Calls, LogicalCall, group, is_read
from sm_emulator.journal.exchange import Exchange, ReadSummary, without_values
from sm_emulator.journal.journal import MAX_BYTES, Entries, Journal, JournalFilter

__all__ = [
    "MAX_BYTES",
    "Calls",
    "Entries",
    "Exchange",
    "Journal",
    "JournalFilter",
    "LogicalCall",
    "ReadSummary",
    "group",
    "is_read",
    "without_values",
]
