"""Scenarios: isolated worlds, one an account, each with its own store and clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from sm_emulator.clock import Clock
from sm_emulator.consistency.build import build
from sm_emulator.containers import Responses
from sm_emulator.faults import Faults, FaultSpec, build_rules
from sm_emulator.journal import Journal
from sm_emulator.scenario.lifecycle import Lifecycle
from sm_emulator.scenario.schedule import Schedule
from sm_emulator.scenario.traffic import InvocationState
from sm_emulator.store import Store


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many instances endpoints may use: by type, and in all (None: any number).

    `text` is the ending of the refusal: "support" or "service-quotas".
    """

    instances: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    text: str = "support"


@dataclass(frozen=True, slots=True)
class Runtime:
    """How models are invoked: what they answer, and how long they may take for it, in seconds.

    `exact`: variants take turns in the exact shares of their weights, instead of by chance.
    """

    responses: Responses = field(default_factory=Responses)
    timeout: float = 60.0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The settings that operations obey, as values.

    `lifecycle`: how long endpoints are on their way, and how that ends. `quotas`: how many instances
    they may use. `runtime`: how they are invoked. `models_required`: refuse variants whose model does
    not exist. `kms_with_local_storage`: accept KmsKeyId beside local NVMe storage. `filter_after_page`:
    lists are filtered after a page of them was read.
    """

    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    quotas: Quotas = field(default_factory=Quotas)
    runtime: Runtime = field(default_factory=Runtime)
    filter_after_page: bool = True
    models_required: bool = True
    kms_with_local_storage: bool = False


@dataclass(frozen=True, slots=True)
class ScenarioConfig:
    """What every scenario starts with, and returns to by a reset.

    `journal_limit` is how many exchanges its journal keeps, `journal_bodies` whether with their bodies.
    `forget` lets go what else is held of an account. `faults` are its first fault rules, or the name of
    a preset of them.
    """

    seed: int
    consistency: Mapping[str, Any]
    behaviour: Behaviour
    clock: Callable[[], Clock]
    journal_limit: int = 10_000
    forget: Callable[[str], None] = lambda _: None
    journal_bodies: bool = False
    faults: FaultSpec = ()


@dataclass(slots=True)
class ScenarioState:
    """One world: `consistency` is its table in the words of the configuration.

    `lock` protects all of it; the gateway and the admin verbs take it for one request each.
    """

    account: str
    start: ScenarioConfig
    clock: Clock = field(init=False)
    store: Store = field(init=False)
    schedule: Schedule = field(init=False)
    traffic: InvocationState = field(init=False)
    consistency: Mapping[str, Any] = field(init=False)
    faults: Faults = field(init=False)
    journal: Journal = field(init=False)
    lock: RLock = field(default_factory=RLock, init=False)

    def __post_init__(self) -> None:
        self.reset()

    @property
    def behaviour(self) -> Behaviour:
        """The settings that operations obey."""
        return self.start.behaviour

    def reset(self) -> None:
        """Return to the start: nothing stored, the clock, seed, consistency and faults of the start."""
        with self.lock:
            self.clock = self.start.clock()
            self.consistency = self.start.consistency
            self.schedule = Schedule()
            self.traffic = InvocationState()
            self.store = Store(self.clock, self.start.seed, build(self.consistency))
            self.faults = Faults(build_rules(self.start.faults), self.clock())
            self.start.forget(self.account)
            self.journal = Journal(self.start.journal_limit, bodies=self.start.journal_bodies)

    def use(self, consistency: Mapping[str, Any]) -> None:
        """Change the consistency of what is written and read from now on.

        Raises ConfigurationError, and changes nothing, where the table contradicts itself.
        """
        built = build(consistency)
        with self.lock:
            self.consistency = consistency
            self.store.consistency = built


class Scenarios:
    """All scenarios of one emulator; asking for one makes it."""

    def __init__(self, start: ScenarioConfig) -> None:
        self._start = start
        self._lock = RLock()
        self._by_account: dict[str, ScenarioState] = {}

    def __getitem__(self, account: str) -> ScenarioState:
        scenario = self._by_account.get(account)
        if scenario is None:
            with self._lock:  # two first requests of an account must meet in one scenario
                scenario = self._by_account.setdefault(account, ScenarioState(account, self._start))
        return scenario

    def begin(self, account: str, start: ScenarioConfig) -> ScenarioState:
        """Begin an account's scenario anew, with a start of its own."""
        with self._lock:
            scenario = self._by_account[account] = ScenarioState(account, start)
        return scenario

    def forget(self, account: str) -> None:
        """Drop an account's scenario; the next request of that account begins another."""
        with self._lock:
            self._by_account.pop(account, None)

    def __iter__(self) -> Iterator[ScenarioState]:
        return iter(list(self._by_account.values()))
