"""A local SageMaker hosting emulator whose reads are stale on purpose, by seed."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sm_emulator.control import ActiveFault as ActiveFault
    from sm_emulator.control import Scenario as Scenario
    from sm_emulator.emulator import Emulator as Emulator
    from sm_emulator.errors import ConfigurationError as ConfigurationError
    from sm_emulator.errors import ConflictError as ConflictError
    from sm_emulator.errors import NotFoundError as NotFoundError
    from sm_emulator.journal import Calls as Calls
    from sm_emulator.journal import Entries as Entries
    from sm_emulator.journal import Exchange as Exchange
    from sm_emulator.journal import LogicalCall as LogicalCall
    from sm_emulator.report import Finding as Finding
    from sm_emulator.report import Report as Report

    __version__: str

__all__ = [
    "ActiveFault",
    "Calls",
    "ConfigurationError",
    "ConflictError",
    "Emulator",
    "Entries",
    "Exchange",
    "Finding",
    "LogicalCall",
    "NotFoundError",
    "Report",
    "Scenario",
    "__version__",
]

_HOMES = {
    "NotFoundError": "sm_emulator.errors",
    "ActiveFault": "sm_emulator.control",
    "Calls": "sm_emulator.journal",
    "ConfigurationError": "sm_emulator.errors",
    "ConflictError": "sm_emulator.errors",
    "Emulator": "sm_emulator.emulator",
    "Entries": "sm_emulator.journal",
    "Exchange": "sm_emulator.journal",
    "Finding": "sm_emulator.report",
    "LogicalCall": "sm_emulator.journal",
    "Report": "sm_emulator.report",
    "Scenario": "sm_emulator.control",
}


def __getattr__(name: str) -> Any:
    """Import late, so that `sm-emulator --help` and plugins do not wait for Flask."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name == "__version__":
        return import_module("importlib.metadata").version("sm-emulator")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
