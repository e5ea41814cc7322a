"""Recorded requests (exchanges), and the logical calls that they are attempts at."""

from sm_emulator.journal.calls import Calls, LogicalCall, group, is_read
from sm_emulator.journal.exchange import Exchange, ReadSummary
from sm_emulator.journal.journal import Entries, Journal

__all__ = [
    "Calls",
    "Entries",
    "Exchange",
    "Journal",
    "LogicalCall",
    "ReadSummary",
    "group",
    "is_read",
]
