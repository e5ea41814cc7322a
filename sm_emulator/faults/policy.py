"""The rules of a scenario, in order."""

from __future__ import annotations

from typing import Literal

from sm_emulator.call import Call
from sm_emulator.faults.effect import NOTHING, Effect

# `before`: the operation has not happened. `after`: it has, and its answer is on the way.
Phase = Literal["before", "after"]


class Faults:
    """The fault rules of one scenario."""

    def act(self, phase: Phase, call: Call, now: float) -> Effect:  # noqa: ARG002
        """Tell what the rules do to `call` in `phase`, at `now` of the scenario's clock."""
        return NOTHING
