"""What faults ask for at one phase of one attempt."""

from __future__ import annotations

from dataclasses import dataclass

from sm_emulator.errors import ServiceError
from sm_emulator.wire import Delivery


@dataclass(frozen=True, slots=True)
class Effect:
    """What the rules named `names` do together.

    `delay`: seconds of waiting before anything else. `error`: this is the answer. `delivery`: how the
    answer fails to arrive. Before the operation, `error` and `delivery` mean that it does not happen.
    """

    names: tuple[str, ...] = ()
    delay: float = 0.0
    error: ServiceError | None = None
    delivery: Delivery | None = None

    @property
    def prevents(self) -> bool:
        """Tell whether an operation, which it comes before, does not happen."""
        return self.error is not None or self.delivery is not None


NOTHING = Effect()
