"""Configuration files, by their extension."""

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sm_emulator.errors import ConfigurationError, Problem


def _yaml(text: str) -> Any:
    import yaml  # noqa: PLC0415  imported only for such a file

    return yaml.safe_load(text) or {}


_PARSERS: dict[str, Callable[[str], Any]] = {
    ".toml": tomllib.loads,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": json.loads,
}


def read(path: Path) -> tuple[Path, Mapping[str, Any]]:
    """Read a TOML, YAML or JSON file; of a directory its `config.*`, if there is one.

    Return the path of the file and what it contains. Raises ConfigurationError, which names the path.
    """
    file = _find(path) if path.is_dir() else path
    if file is None:
        return path, {}
    tree = _parse(file)
    if not isinstance(tree, Mapping):
        raise ConfigurationError(Problem(str(file), "is not a table of settings"))
    return file, tree


def _find(directory: Path) -> Path | None:
    """Return the one `config.*` in a directory. A file of another name is an error, not ignored."""
    try:
        names = sorted(file.name for file in directory.iterdir() if not file.name.startswith("."))
    except OSError as error:
        raise ConfigurationError(Problem(str(directory), f"cannot be read: {error}")) from None
    found = [name for name in names if name.startswith("config.")]
    if names and len(found) != 1:
        allowed = ", ".join(f"config{extension}" for extension in _PARSERS)
        message = f"contains {', '.join(names)}; allowed: one of {allowed}"
        raise ConfigurationError(Problem(str(directory), message))
    return directory / found[0] if found else None


def _parse(path: Path) -> Any:
    if path.suffix not in _PARSERS:
        message = f"has the extension {path.suffix!r}; allowed: {', '.join(_PARSERS)}"
        raise ConfigurationError(Problem(str(path), message))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(Problem(str(path), f"cannot be read: {error}")) from None
    try:
        return _PARSERS[path.suffix](text)
    except Exception as error:  # noqa: BLE001  each parser has its own kind; all name the place
        message = f"is not valid {path.suffix[1:].upper()}: {' '.join(str(error).split())}"
        raise ConfigurationError(Problem(str(path), message)) from None
