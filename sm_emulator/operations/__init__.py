"""The operations: one small function each, found by their modules being here."""

from importlib import import_module
from pkgutil import iter_modules

from sm_emulator.operations.progress import catch_up
from sm_emulator.operations.registry import OPERATIONS, Context

__all__ = ["OPERATIONS", "Context", "catch_up"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
