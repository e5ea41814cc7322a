"""Scenarios: one per account, each with its own store, clock, faults and journal."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event, RLock
from typing import Any

from sm_emulator.bounds import Bounds
from sm_emulator.clock import Clock
from sm_emulator.consistency.build import FAULT_PRESETS, build
from sm_emulator.containers import Response
from sm_emulator.faults.active import Faults
from sm_emulator.faults.rule import FaultSpec, build_rules
from sm_emulator.journal.journal import Journal
from sm_emulator.scenario.lifecycle import Lifecycle, Transitions
from sm_emulator.scenario.traffic import InvocationState
from sm_emulator.schedule.script import Script
from sm_emulator.store.history import History
from sm_emulator.store.store import Store


@dataclass(frozen=True, slots=True)
class Quotas:
    """The number of instances that endpoints may use: by type, and in total (None: no limit).

    `text` selects the ending of the refusal: "support" or "service-quotas".
    """

    instances: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    text: str = "support"


@dataclass(frozen=True, slots=True)
class Runtime:
    """How models are invoked: their responses, and the time limit in seconds.

    `exact`: variants are chosen in the exact shares of their weights, instead of at random.
    """

    responses: tuple[Response, ...] = ()
    timeout: float = 60.0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The settings that operations obey, as values.

    `lifecycle`: durations and failures of transitions. `quotas`: limits on instances. `runtime`: how
    endpoints are invoked. `models_required`: refuse variants whose model does not exist.
    `kms_with_local_storage`: accept KmsKeyId together with local NVMe storage. `filter_after_page`:
    filter a list after reading a page of it.
    """

    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    quotas: Quotas = field(default_factory=Quotas)
    runtime: Runtime = field(default_factory=Runtime)
    filter_after_page: bool = True
    models_required: bool = True
    kms_with_local_storage: bool = False


@dataclass(frozen=True, slots=True)
class ScenarioConfig:
    """The initial state of a scenario, to which a reset returns it.

    `transition` writes to a store the first transitions that are due by a time. `discard`
    frees what a backend holds of an account. `faults` are rules, or the name of a preset of them.
    """

    seed: int
    consistency: Mapping[str, Any]
    behaviour: Behaviour
    clock: Callable[[], Clock]
    transition: Callable[[Store, Transitions, float], None]
    discard: Callable[[str], None] = lambda _: None
    journal: Callable[[], Journal] = Journal
    history: Callable[[], History] = History
    bounds: Callable[[], Bounds] = Bounds
    faults: FaultSpec = ()


@dataclass(slots=True)
class ScenarioState:
    """The state of a scenario from one reset to the next.

    `consistency` is its table as configured. `lock` protects all of it, and the states after it; the
    gateway and the admin verbs hold it for one step each.
    """

    account: str
    config: ScenarioConfig
    lock: RLock
    behaviour: Behaviour = field(init=False)
    clock: Clock = field(init=False)
    transitions: Transitions = field(init=False, default_factory=Transitions)
    traffic: InvocationState = field(init=False)
    consistency: Mapping[str, Any] = field(init=False)
    faults: Faults = field(init=False)
    journal: Journal = field(init=False)
    script: Script | None = field(init=False, default=None)
    bounds: Bounds = field(init=False)
    _store: Store = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        self.behaviour = config.behaviour
        self.clock = config.clock()
        self.bounds = config.bounds()
        self.traffic = InvocationState(self.bounds)
        self.consistency = config.consistency
        consistency, history = build(self.consistency), config.history()
        self._store = Store(self.clock, config.seed, consistency, history, self.bounds)
        self.faults = Faults(build_rules(config.faults), self.clock(), self.bounds.entries)
        self.journal = config.journal()

    @property
    def store(self) -> Store:
        """The store, after the first transitions that are due by now: mostly all."""
        self.config.transition(self._store, self.transitions, self.clock())
        return self._store

    @contextmanager
    def current_store(self) -> Iterator[Store]:
        """Hold the lock, with the store after every transition that is due by now.

        The lock is free from time to time until then, for as long as its next holder needs to wake up.
        """
        while True:
            with self.lock:
                store = self.store
                if not self.transitions.is_due(self.clock()):
                    yield store
                    return
            _pause()

    @property
    def records(self) -> tuple[Journal, History]:
        """Its journal and its history."""
        return self.journal, self._store.history

    @property
    def evicted(self) -> dict[str, int]:
        """How much of each kind was evicted because a bound was reached."""
        journal, history = self.records
        counters = sum(active.evicted for active in self.faults)
        records = {"requests": journal.dropped, "events": history.dropped, "fault counters": counters}
        return {kind: number for kind, number in (records | self.bounds.evicted).items() if number}

    @property
    def seed(self) -> int:
        """The seed of every draw."""
        return self._store.seed

    @property
    def preset(self) -> str:
        """The preset in use: of faults, of consistency, or both."""
        consistency: str = self.consistency.get("preset", "strong")
        names = [active.rule.name for active in self.faults]
        for each in FAULT_PRESETS.values():
            if names == [rule["name"] for rule in each.faults]:
                implied = each.consistency["preset"]
                return each.name if consistency == implied else f"{consistency} + {each.name}"
        return consistency

    def use(self, consistency: Mapping[str, Any]) -> None:
        """Change the consistency of writes and reads from now on.

        Raises ConfigurationError, and changes nothing, where the table contradicts itself.
        """
        built = build(consistency)
        with self.current_store() as store:
            store.consistency = self.script.widen(built) if self.script else built
            self.consistency = consistency

    def follow(
        self,
        script: Script | None,
        consistency: Mapping[str, Any] | None = None,
        seed: int | None = None,
        lifecycle: Mapping[str, Any] | None = None,
    ) -> None:
        """Put a schedule in force instead of any other (None: none), and the settings given with it.

        Raises ConfigurationError, and changes nothing, where the consistency does not allow it.
        """
        table = self.consistency if consistency is None else consistency
        built = build(table)
        widened = script.widen(built) if script else built
        with self.current_store() as store:
            store.consistency, self.consistency, self.script = widened, table, script
            if seed is not None:
                store.seed = seed
            if lifecycle is not None:
                self.behaviour = replace(self.behaviour, lifecycle=Lifecycle(lifecycle))

    def shorten_records(self, excess: int) -> int:
        """Discard the oldest records, about `excess` bytes; return how many are still too many."""
        with self.lock:
            for records in self.records:
                before = records.bytes
                records.shorten(max(before - excess, 0))
                excess -= before - records.bytes
        return excess


def _pause() -> None:
    """Pause, so that threads that wait for a lock can take it."""
    Event().wait(0.001)
