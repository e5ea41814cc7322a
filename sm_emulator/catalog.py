"""The schemas, and the facts about SageMaker's model that come with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson

_PACKAGE = Path(__file__).parent


@cache
def document(name: str) -> Any:
    """Load `schemas/<name>.json`: from the wheel, where it is part of the package, or the clone."""
    shipped = _PACKAGE / "schemas"
    directory = shipped if shipped.is_dir() else _PACKAGE.parent / "schemas"
    return orjson.loads((directory / f"{name}.json").read_bytes())


def service() -> dict[str, Any]:
    """Return facts of the model: `botocore` version, `apiVersion`, `targetPrefix`, `operations`."""
    source: dict[str, Any] = document("SOURCE")
    return source


def implemented_operations() -> list[str]:
    """Return the operations that are implemented here: of hosting and of the runtime."""
    return [*service()["emulated"], *service()["runtime"]["operations"]]
