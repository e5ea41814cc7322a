"""The command line."""

from sm_emulator.cli.commands import main as main
