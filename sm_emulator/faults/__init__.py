"""Fault injection: rules decide when, faults decide what. A fault returns data and performs no I/O.

Every module of this package is imported, which registers the faults that it defines.
"""

from importlib import import_module
from pkgutil import iter_modules

from sm_emulator.faults.active import ActiveRule, Faults
from sm_emulator.faults.registry import FAULTS, NOTHING, Effect, Phase, effect_schema
from sm_emulator.faults.rule import FaultRule, FaultSpec, build_rules, nest_settings, unreachable_rules

__all__ = [
    "FAULTS",
    "NOTHING",
    "ActiveRule",
    "Effect",
    "FaultRule",
    "FaultSpec",
    "Faults",
    "Phase",
    "build_rules",
    "effect_schema",
    "nest_settings",
    "unreachable_rules",
]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
