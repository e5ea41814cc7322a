"""The verbs of an emulator and its scenarios, behind the admin API and the Python API."""

from sm_emulator.control.control import Control
from sm_emulator.control.faults import ActiveFault, ScenarioFaults
from sm_emulator.control.scenario import Scenario, ScenarioClock

__all__ = ["ActiveFault", "Control", "Scenario", "ScenarioClock", "ScenarioFaults"]
