"""What goes wrong on purpose: rules say when, effects say what. Effects are data, not deeds.

Faults are found by their modules being here.
"""

from importlib import import_module
from pkgutil import iter_modules

from sm_emulator.faults.effect import NOTHING, Damage, Effect
from sm_emulator.faults.policy import Faults
from sm_emulator.faults.presets import FAULT_PRESETS, FaultPreset
from sm_emulator.faults.registry import FAULTS, Occasion, Phase, Strike, fault
from sm_emulator.faults.rule import Rule, Wanted, build_rules
from sm_emulator.faults.standing import Standing
from sm_emulator.faults.vain import in_vain

__all__ = [
    "FAULTS",
    "FAULT_PRESETS",
    "NOTHING",
    "Damage",
    "Effect",
    "FaultPreset",
    "Faults",
    "Occasion",
    "Phase",
    "Rule",
    "Standing",
    "Strike",
    "Wanted",
    "build_rules",
    "fault",
    "in_vain",
]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
