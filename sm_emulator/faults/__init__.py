"""What goes wrong on purpose: rules say when, effects say what. Effects are data, not deeds."""

from sm_emulator.faults.effect import NOTHING, Effect
from sm_emulator.faults.policy import Faults, Phase

__all__ = ["NOTHING", "Effect", "Faults", "Phase"]
