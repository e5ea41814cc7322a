"""Tables for people and machines: settings, operations, presets."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sm_emulator.catalog import document
from sm_emulator.config.settings import Setting, Settings, table
from sm_emulator.consistency.presets import PRESETS
from sm_emulator.faults import FAULT_PRESETS
from sm_emulator.operations import OPERATIONS


def setting_rows(settings: Settings) -> list[dict[str, Any]]:
    """Tabulate every setting: key, value (no secret), origin, default, environment variable, help."""
    return [
        {
            "key": setting.key,
            "value": _shown(setting, settings[setting.key]),
            "origin": settings.origin(setting.key),
            "default": setting.default,
            "variable": setting.variable,
            "help": setting.help,
        }
        for setting in table()
    ]


def operation_rows() -> list[dict[str, Any]]:
    """Tabulate every operation, and who implements it: sm-emulator, moto behind it, or neither."""
    return [
        {
            "service": service,
            "operation": name,
            "implemented": "sm-emulator" if name in OPERATIONS else "moto" if moto else "neither",
        }
        for service, operations in document("COVERAGE")["services"].items()
        for name, moto in operations.items()
    ]


def preset_rows() -> list[dict[str, Any]]:
    """Tabulate the presets, what they do, and how well they are founded."""
    of_faults = [
        {**asdict(preset), "consistency": {"preset": preset.consistency}} for preset in FAULT_PRESETS
    ]
    return [{**asdict(preset), "faults": []} for preset in PRESETS] + of_faults


def _shown(setting: Setting, value: Any) -> Any:
    return dict.fromkeys(value, "***") if setting.secret else value
