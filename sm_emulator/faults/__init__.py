"""What goes wrong on purpose: rules say when, effects say what. Effects are data, not deeds.

Faults are found by their modules being here.
"""

from importlib import import_module
from pkgutil import iter_modules

from sm_emulator.faults.active import ActiveRule
from sm_emulator.faults.effect import NOTHING, Effect, ResponseMutation
from sm_emulator.faults.policy import Faults
from sm_emulator.faults.presets import FAULT_PRESETS, FaultPreset
from sm_emulator.faults.registry import FAULTS, FaultContext, FaultFunction, Phase, fault
from sm_emulator.faults.rule import FaultSpec, Rule, build_rules
from sm_emulator.faults.unreachable import unreachable_rules

__all__ = [
    "FAULTS",
    "FAULT_PRESETS",
    "NOTHING",
    "ActiveRule",
    "Effect",
    "FaultContext",
    "FaultFunction",
    "FaultPreset",
    "FaultSpec",
    "Faults",
    "Phase",
    "ResponseMutation",
    "Rule",
    "build_rules",
    "fault",
    "unreachable_rules",
]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
