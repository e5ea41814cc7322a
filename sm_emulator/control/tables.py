"""Tables of settings, operations and presets, for the command line and the admin API."""

from dataclasses import asdict
from typing import Any

from sm_emulator.catalog import document
from sm_emulator.config.settings import Settings, table
from sm_emulator.consistency.build import FAULT_PRESETS, PRESETS
from sm_emulator.operations.registry import OPERATIONS


def setting_rows(settings: Settings) -> list[dict[str, Any]]:
    """Return a row for each setting; secret values are masked."""
    rows = []
    for setting in table():
        value = settings[setting.key]
        shown = dict.fromkeys(value, "***") if setting.secret else value
        row = {"key": setting.key, "value": shown, "origin": settings.origin(setting.key)}
        row |= {"default": setting.default, "variable": setting.variable, "help": setting.help}
        rows.append(row)
    return rows


def operation_rows() -> list[dict[str, Any]]:
    """Return a row for each operation, with its implementation: sm-emulator, moto or neither."""
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
    """Return a row for each preset: what it does, and the basis of its figures."""
    return [asdict(preset) for preset in (*PRESETS, *FAULT_PRESETS.values())]
