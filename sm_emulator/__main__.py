"""`python -m sm_emulator`."""

from sm_emulator.cli import main

main()
