"""What can be done to an emulator beside calling it: the verbs behind the admin API and Python."""

from sm_emulator.control.clock import ScenarioClock
from sm_emulator.control.control import Control
from sm_emulator.control.faults import ActiveFault, ScenarioFaults
from sm_emulator.control.scenario import Scenario

__all__ = ["ActiveFault", "Control", "Scenario", "ScenarioClock", "ScenarioFaults"]
