"""A local SageMaker hosting emulator whose reads are stale on purpose, by seed."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sm_emulator.control.faults import ActiveFault as ActiveFault
    from sm_emulator.control.scenario import Scenario as Scenario
    from sm_emulator.emulator import Emulator as Emulator
    from sm_emulator.errors import ConfigurationError as ConfigurationError
    from sm_emulator.errors import ConflictError as ConflictError
    from sm_emulator.errors import NotFoundError as NotFoundError
    from sm_emulator.explore.program import Exploration as Exploration
    from sm_emulator.explore.program import explore_program as explore_program
    from sm_emulator.explore.results import NotExplorableError as NotExplorableError
    from sm_emulator.journal.calls import Calls as Calls
    from sm_emulator.journal.calls import LogicalCall as LogicalCall
    from sm_emulator.journal.exchange import Exchange as Exchange
    from sm_emulator.journal.journal import Entries as Entries
    from sm_emulator.report.finding import Finding as Finding
    from sm_emulator.report.report import Report as Report

    __version__: str

# Imported on first use, so that the command line and the pytest plugin start fast
_NAMES = {
    "control.faults": ("ActiveFault",),
    "control.scenario": ("Scenario",),
    "emulator": ("Emulator",),
    "errors": ("ConfigurationError", "ConflictError", "NotFoundError"),
    "explore.program": ("Exploration", "explore_program"),
    "explore.results": ("NotExplorableError",),
    "journal.calls": ("Calls", "LogicalCall"),
    "journal.exchange": ("Exchange",),
    "journal.journal": ("Entries",),
    "report.finding": ("Finding",),
    "report.report": ("Report",),
}
_MODULES = {name: f"sm_emulator.{module}" for module, names in _NAMES.items() for name in names}
__all__ = ["__version__", *_MODULES]  # noqa: PLE0604  these are strings


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    if name == "__version__":
        return import_module("importlib.metadata").version("sm-emulator")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
