"""What was asked and what became of it: requests, and the calls that they were attempts at."""

from sm_emulator.journal.calls import Calls, LogicalCall, group
from sm_emulator.journal.debug_headers import debug_headers
from sm_emulator.journal.document import call_to_json, entries_to_json, exchange_to_json
from sm_emulator.journal.exchange import Exchange, Met, Seen, seen, session_label, without_values
from sm_emulator.journal.journal import Entries, Journal, JournalFilter

__all__ = [
    "Calls",
    "Entries",
    "Exchange",
    "Journal",
    "JournalFilter",
    "LogicalCall",
    "Met",
    "Seen",
    "call_to_json",
    "debug_headers",
    "entries_to_json",
    "exchange_to_json",
    "group",
    "seen",
    "session_label",
    "without_values",
]
