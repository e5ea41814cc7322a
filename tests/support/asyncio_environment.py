"""The environment of aiobotocore, which wants another botocore than the schemas are made of."""

from pathlib import Path

import pytest

PYTHON = Path(__file__).parents[2] / ".venv" / "asyncio" / "bin" / "python"
NEEDS_ASYNCIO = pytest.mark.skipif(
    not PYTHON.exists(), reason="make test makes the environment that aiobotocore needs"
)
