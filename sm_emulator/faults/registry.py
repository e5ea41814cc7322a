"""What a fault is: a function of its settings, registered by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sm_emulator.faults.effect import Effect
from sm_emulator.wire.call import Call

# `before`: the operation has not happened. `after`: it has, and its answer is on the way.
Phase = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class FaultContext:
    """A call that a fault is to act on, at `now` of the scenario's clock, in seconds since 1970.

    `chance` is the fault's own draw for this occasion, from the open interval (0, 1).
    """

    call: Call
    now: float
    chance: float


# Acts on an occasion; or says, in a few words, why it does not.
FaultFunction = Callable[[FaultContext], Effect | str]
# Builds what strikes from the settings of one rule, which the schema has accepted; what it keeps is that
# rule's own. Raises ConfigurationError, whose paths are names of settings.
Make = Callable[[Mapping[str, Any]], FaultFunction]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: what makes it, and the phases in which it can act, its default first."""

    make: Make
    phases: tuple[Phase, ...]


FAULTS: dict[str, Fault] = {}


def fault(*phases: Phase) -> Callable[[Make], Make]:
    """Register `no_request_id` as the fault no-request-id, which acts in `phases`, the default first."""

    def register(make: Make) -> Make:
        FAULTS[make.__name__.replace("_", "-")] = Fault(make, phases)
        return make

    return register
