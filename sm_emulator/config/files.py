"""Configuration files, by their ending."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sm_emulator.errors import ConfigurationError, Problem

ENDINGS = (".toml", ".yaml", ".yml", ".json")


def parse(path: Path) -> Any:
    """Read a TOML, YAML or JSON file. Raises ConfigurationError, which names the file."""
    if path.suffix not in ENDINGS:
        allowed = ", ".join(ENDINGS)
        raise ConfigurationError(Problem(str(path), f"ends in {path.suffix!r}; allowed: {allowed}"))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(Problem(str(path), f"cannot be read: {error}")) from None
    try:
        match path.suffix:
            case ".json":
                return json.loads(text)
            case ".toml":
                import tomllib  # noqa: PLC0415  only a file pays for its parser

                return tomllib.loads(text)
            case _:
                import yaml  # noqa: PLC0415  only a file pays for its parser

                return yaml.safe_load(text) or {}
    except Exception as error:  # noqa: BLE001  each parser has its own kind; all tell the place
        place = " ".join(str(error).split())
        raise ConfigurationError(
            Problem(str(path), f"is not valid {path.suffix[1:].upper()}: {place}")
        ) from None
