"""What was asked and what became of it: requests, and the calls that they were attempts at."""

from sm_emulator.journal.calls import Calls, LogicalCall, group
from sm_emulator.journal.document import call_to_json, entries_to_json, exchange_to_json
from sm_emulator.journal.exchange import Exchange, Met, Seen, known_as, seen, without_values
from sm_emulator.journal.journal import Entries, Journal, Wanted
from sm_emulator.journal.telling import telling

__all__ = [
    "Calls",
    "Entries",
    "Exchange",
    "Journal",
    "LogicalCall",
    "Met",
    "Seen",
    "Wanted",
    "call_to_json",
    "entries_to_json",
    "exchange_to_json",
    "group",
    "known_as",
    "seen",
    "telling",
    "without_values",
]
