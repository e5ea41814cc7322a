"""The operations: one small function each. A module in this package is enough to add one."""

from importlib import import_module
from pkgutil import iter_modules

from sm_emulator.operations.registry import OPERATIONS, Context
from sm_emulator.operations.state import Record, catch_up

__all__ = ["OPERATIONS", "Context", "Record", "catch_up"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
