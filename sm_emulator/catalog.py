"""The files under schemas/: the schemas, the facts of SageMaker's model, and the presets."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from sm_emulator.errors import ServiceError

_PACKAGE = Path(__file__).parent
# part of the package in a wheel, next to it in a clone
SCHEMAS = next(path / "schemas" for path in (_PACKAGE, _PACKAGE.parent) if (path / "schemas").is_dir())


@cache
def document(name: str) -> Any:
    """Load `schemas/<name>.json`."""
    return orjson.loads((SCHEMAS / f"{name}.json").read_bytes())


@cache
def table(name: str) -> dict[str, dict[str, Any]]:
    """Load `schemas/<name>.toml`: the presets, the errors of AWS, or how SDKs take them, by name."""
    return tomllib.loads((SCHEMAS / f"{name}.toml").read_text("utf-8"))


def refusal(name: str, /, **values: object) -> ServiceError:
    """Return the error of that name in `schemas/refusals.toml`, with `values` in its text."""
    entry = table("refusals")[name]
    code, status = entry.get("code", "ValidationException"), entry.get("status", 400)
    text = entry["text"].format(**values)
    return ServiceError(code, text, status=status, **entry.get("members", {}))


def service() -> dict[str, Any]:
    """Return facts of the model: `botocore` version, `apiVersion`, `targetPrefix`, `operations`."""
    source: dict[str, Any] = document("SOURCE")
    return source


def implemented_operations() -> list[str]:
    """Return the operations that are implemented here: of hosting and of the runtime."""
    return [*service()["emulated"], *service()["runtime"]["operations"]]
