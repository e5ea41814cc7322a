"""The command line."""

from sm_emulator.cli.commands import main

__all__ = ["main"]
