"""The presets of faults in schemas/presets.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sm_emulator.catalog import presets


@dataclass(frozen=True, slots=True)
class FaultPreset:
    """Named fault rules, a summary of their effect, and the basis of their figures.

    `consistency` names the consistency preset that --preset selects together with them.
    """

    name: str
    summary: str
    basis: str
    faults: tuple[Mapping[str, Any], ...]
    consistency: str = "strong"


FAULT_PRESETS = tuple(
    FaultPreset(name, **table) for name, table in presets().items() if table.get("faults")
)
