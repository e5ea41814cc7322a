"""What a fault is: a function of its settings, registered by name with the schema of those settings."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sm_emulator.errors import ServiceError
from sm_emulator.wire.call import Call
from sm_emulator.wire.message import Delivery, Outcome

# `before`: the operation has not happened. `after`: it has, and its response has not been sent.
Phase = Literal["before", "after"]
# Changes a response that is delivered
ResponseMutation = Callable[[Outcome], Outcome]


@dataclass(frozen=True, slots=True)
class Effect:
    """What the rules called `names` do to one attempt in one phase; gateway and listener carry it out.

    `delay`: seconds to wait before anything else. `error`: the response. `delivery`: how the response
    fails to be delivered. In phase `before`, `error` and `delivery` keep the operation from happening.
    """

    names: tuple[str, ...] = ()
    delay: float = 0.0
    error: ServiceError | None = None
    delivery: Delivery | None = None
    mutations: tuple[ResponseMutation, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether later rules can add nothing to this effect."""
        return self.error is not None or self.delivery is not None

    def then(self, name: str, effect: "Effect") -> "Effect":
        """Return this effect followed by that of the rule called `name`."""
        return Effect(
            (*self.names, name),
            self.delay + effect.delay,
            effect.error,
            effect.delivery,
            self.mutations + effect.mutations,
        )

    def on(self, outcome: Outcome) -> Outcome:
        """Return a response as mutated and delivered under this effect."""
        for mutate in self.mutations:
            outcome = mutate(outcome)
        return replace(outcome, delivery=self.delivery) if self.delivery else outcome


NOTHING = Effect()


class Recent:
    """Up to `limit` numbers by key, 0.0 by default: the one set longest ago is evicted.

    Keys contain strings that clients choose, so only their hashes are kept.
    """

    def __init__(self, limit: int) -> None:
        self.evicted = 0
        self._limit = limit
        self._numbers: dict[int, float] = {}

    def __getitem__(self, key: Hashable) -> float:
        return self._numbers.get(hash(key), 0.0)

    def __setitem__(self, key: Hashable, number: float) -> None:
        hashed = hash(key)
        self._numbers.pop(hashed, None)
        if len(self._numbers) == self._limit:
            del self._numbers[next(iter(self._numbers))]
            self.evicted += 1
        self._numbers[hashed] = number

    def add(self, key: Hashable) -> int:
        """Add 1 and return the sum."""
        self[key] = total = int(self[key]) + 1
        return total


@dataclass(frozen=True, slots=True)
class FaultContext:
    """One call that a fault may act on, at `now` on the scenario's clock, in seconds since 1970.

    `chance` is the fault's own draw for this call, from the open interval (0, 1). `state` belongs to the
    rule and lasts as long as it does.
    """

    call: Call
    now: float
    chance: float
    state: Recent


# Returns an effect, or a short reason for having none.
FaultFunction = Callable[[FaultContext], Effect | str]
# Builds the function of one rule, or its constant effect, from its settings, which the schema accepted
# and completed with its defaults. Raises ConfigurationError whose paths are names of settings.
Make = Callable[[Mapping[str, Any]], FaultFunction | Effect]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: its `phases`, the default one first, and a JSON Schema for each setting.

    `decisive`, by settings: it decides the response of every call that it acts on.
    """

    make: Make
    phases: tuple[Phase, ...]
    settings: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    decisive: Callable[[Mapping[str, Any]], bool]

    def build(self, settings: Mapping[str, Any]) -> FaultFunction:
        """Return the function of a rule with these settings. Raises ConfigurationError."""
        defaults = {name: part["default"] for name, part in self.settings.items() if "default" in part}
        made = self.make({**defaults, **settings})
        return (lambda _: made) if isinstance(made, Effect) else made


FAULTS: dict[str, Fault] = {}


def always(_: Mapping[str, Any]) -> bool:
    """Return that a fault is decisive with any settings."""
    return True


def text(description: str, longest: int, pattern: str, **more: Any) -> dict[str, Any]:
    """Return the schema of a setting that is a string."""
    bounds = {"minLength": 1, "maxLength": longest, "pattern": pattern}
    return {"type": "string", **bounds, **more, "description": description}


def integer(description: str, least: int, most: int, **more: Any) -> dict[str, Any]:
    """Return the schema of a setting that is an integer."""
    return {"type": "integer", "minimum": least, "maximum": most, **more, "description": description}


def fault(
    *phases: Phase,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    required: tuple[str, ...] = (),
    decisive: Callable[[Mapping[str, Any]], bool] = lambda _: False,
) -> Callable[[Make], Make]:
    """Register `no_request_id` as the fault no-request-id.

    Configuration schema, error messages, admin API and documentation take `phases` (the default one
    first), `settings` and the docstring from here.
    """

    def register(make: Make) -> Make:
        FAULTS[make.__name__.replace("_", "-")] = Fault(make, phases, settings or {}, required, decisive)
        return make

    return register
