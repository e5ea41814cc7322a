"""The contract of each operation: types first, then constraints, as the service checks them."""

from sm_emulator.contract.schema import Contract, contract

__all__ = ["Contract", "contract"]
