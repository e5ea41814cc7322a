"""The schemas, and the facts about SageMaker's model that come with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson

_PACKAGE = Path(__file__).parent
# part of the package in a wheel, next to it in a clone
SCHEMAS = next(path / "schemas" for path in (_PACKAGE, _PACKAGE.parent) if (path / "schemas").is_dir())


@cache
def document(name: str) -> Any:
    """Load `schemas/<name>.json`."""
    return orjson.loads((SCHEMAS / f"{name}.json").read_bytes())


def service() -> dict[str, Any]:
    """Return facts of the model: `botocore` version, `apiVersion`, `targetPrefix`, `operations`."""
    source: dict[str, Any] = document("SOURCE")
    return source


def implemented_operations() -> list[str]:
    """Return the operations that are implemented here: of hosting and of the runtime."""
    return [*service()["emulated"], *service()["runtime"]["operations"]]
