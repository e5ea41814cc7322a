"""What was asked and what became of it."""

from sm_emulator.journal.exchange import Exchange
from sm_emulator.journal.journal import Journal

__all__ = ["Exchange", "Journal"]
