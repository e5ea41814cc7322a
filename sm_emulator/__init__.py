"""A local SageMaker hosting emulator whose reads are stale on purpose, by seed."""

from typing import TYPE_CHECKING, Any

from sm_emulator.control import Scenario
from sm_emulator.emulator import Emulator
from sm_emulator.errors import ConfigurationError, ConflictError

if TYPE_CHECKING:
    __version__: str

__all__ = ["ConfigurationError", "ConflictError", "Emulator", "Scenario", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("sm-emulator")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
