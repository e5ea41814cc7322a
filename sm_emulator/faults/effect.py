"""What faults ask for at one phase of one attempt: data, which gateway and listener carry out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sm_emulator.errors import ServiceError
from sm_emulator.wire import Delivery, Outcome

# What becomes of an answer that arrives, but not as it should be
ResponseMutation = Callable[[Outcome], Outcome]


@dataclass(frozen=True, slots=True)
class Effect:
    """What the rules named `names` do together.

    `delay`: seconds of waiting before anything else. `error`: this is the answer. `delivery`: how the
    answer fails to arrive. Before the operation, `error` and `delivery` mean that it does not happen.
    `damages`: what is done to the answer, one after the other.
    """

    names: tuple[str, ...] = ()
    delay: float = 0.0
    error: ServiceError | None = None
    delivery: Delivery | None = None
    mutations: tuple[ResponseMutation, ...] = ()

    @property
    def decides(self) -> bool:
        """Tell whether nothing can be added: before an operation, that it does not happen."""
        return self.error is not None or self.delivery is not None

    def then(self, name: str, effect: Effect) -> Effect:
        """Add what the rule called `name` does."""
        return Effect(
            (*self.names, name),
            self.delay + effect.delay,
            effect.error,
            effect.delivery,
            self.mutations + effect.mutations,
        )

    def on(self, outcome: Outcome) -> Outcome:
        """ResponseMutation an answer, and let it fail to arrive."""
        for damage in self.mutations:
            outcome = damage(outcome)
        return replace(outcome, delivery=self.delivery) if self.delivery else outcome


NOTHING = Effect()
