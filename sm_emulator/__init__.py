"""A local SageMaker hosting emulator whose reads are stale on purpose, by seed."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sm_emulator.account import Scenario as Scenario
    from sm_emulator.emulator import Emulator as Emulator
    from sm_emulator.errors import ConfigurationError as ConfigurationError
    from sm_emulator.errors import ConflictError as ConflictError

    __version__: str

__all__ = ["ConfigurationError", "ConflictError", "Emulator", "Scenario", "__version__"]

_HOMES = {
    "ConfigurationError": "sm_emulator.errors",
    "ConflictError": "sm_emulator.errors",
    "Emulator": "sm_emulator.emulator",
    "Scenario": "sm_emulator.account",
}


def __getattr__(name: str) -> Any:
    """Import late, so that `sm-emulator --help` and plugins do not wait for Flask."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name == "__version__":
        return import_module("importlib.metadata").version("sm-emulator")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
