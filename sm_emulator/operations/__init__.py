"""The operations: one small function each. A module in this package is enough to add one."""

from sm_emulator.operations.registry import OPERATIONS, Context, load_operations
from sm_emulator.operations.state import Record, catch_up

__all__ = ["OPERATIONS", "Context", "Record", "catch_up"]

load_operations(__path__, __name__)
