"""What is stored of a resource: its request, its state, and the transitions between states.

A state is immutable data. A transition says which state follows, and when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Self

from sm_emulator.catalog import table
from sm_emulator.scenario.lifecycle import Duration, Transitions
from sm_emulator.store.reading import Session
from sm_emulator.store.rules import WriteKind
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key

# Transitions happen by themselves, in no client's session
NO_SESSION = Session()
# More can fall due at the same time, but a request must not delay others by all of them: 10 ms at most
AT_ONCE = 200
# The failure that occurs once the new instances have traffic, not when they start
ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceState:
    """One status; `failure` is the reason of the last failure, `transition` leads to the next state."""

    status: str
    failure: str | None = None
    transition: Transition | None = None

    @property
    def in_progress(self) -> bool:
        """Return whether the service refuses changes now, which it does not for planned maintenance."""
        return self.transition is not None and self.status != "InService"

    def during(self, status: str, duration: Duration, then: ResourceState | None, **more: Any) -> Self:
        """Return this state with another status for `duration`, and with the changes `more`."""
        return replace(self, status=status, transition=Transition(duration, then), **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointState(ResourceState):
    """An endpoint, with its configuration as it was loaded when it was applied.

    `variants` and `capture` are what DescribeEndpoint returns of the variants and of data capture.
    `deploying` is the state that a creation leads to, or an update that has `started` and is in
    `stage`. `deployment` is the last DeploymentConfig.
    """

    config_name: str
    config: Mapping[str, Any]
    variants: tuple[Mapping[str, Any], ...] = ()
    capture: Mapping[str, Any] | None = None
    deployment: Mapping[str, Any] | None = None
    deploying: EndpointState | None = None
    started: float = 0.0
    stage: DeploymentStage | None = None


@dataclass(frozen=True, slots=True)
class DeploymentStage:
    """A stage of a deployment: a VariantStatus and its message about `{count}` instances.

    `about` is the share of a variant's instances that the message counts, `enabled` the share of the
    new instances that have traffic, `removed` the share of the old ones that are gone.
    """

    status: str
    message: str
    about: Fraction = Fraction(1)
    enabled: Fraction = Fraction(0)
    removed: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentState(ResourceState):
    """An inference component: its specifications, and its current and desired number of copies."""

    specifications: Mapping[str, Any]
    current: int
    desired: int
    deployment: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """The state `then` (None: deleted) that follows after `duration` from `began` on."""

    duration: Duration
    then: ResourceState | None
    began: float = 0.0

    @property
    def due(self) -> float | None:
        """Return when it is due, in seconds since 1970; None if no time brings it."""
        return None if self.duration.describes is not None else self.began + self.duration.seconds


@dataclass(frozen=True, slots=True)
class Record:
    """A resource in the store. Replies are built from it; it is not a reply itself.

    `request` holds the members of the request that created it. `created` and `modified` are in seconds
    since 1970, rounded to milliseconds as on the wire. `state` is None for what has no lifecycle.
    """

    request: Mapping[str, Any]
    created: float
    modified: float
    tags: Sequence[Mapping[str, str]] = ()
    state: ResourceState | None = None

    @property
    def endpoint(self) -> EndpointState:
        """Return the state of an endpoint."""
        assert isinstance(self.state, EndpointState)
        return self.state

    @property
    def component(self) -> ComponentState:
        """Return the state of an inference component."""
        assert isinstance(self.state, ComponentState)
        return self.state


def look_of(operation: str, value: object) -> object:
    """Return what an operation can show of a record; two that are equal are no choice for a read."""
    if not isinstance(value, Record):
        return None
    return value.tags if operation == "ListTags" else replace(value, tags=())


def catch_up(store: Store, transitions: Transitions, now: float) -> None:
    """Write the first transitions that are due by `now`, in the order in which they fell due."""
    for _ in range(AT_ONCE):
        if not transitions.is_due(now):
            return
        at, key = transitions.next()
        write_due(store, transitions, key, at)


def write_due(store: Store, transitions: Transitions, key: Key, now: float) -> None:
    """Write the transitions of `key` that are due by `now`, each as of the time when it fell due."""
    while (at := transitions.take(key, now)) is not None:
        record = store.leader_value(key)
        assert isinstance(record, Record)
        transition = record.state.transition if record.state else None
        assert transition is not None, "only a transition ends what is in progress"
        write_state(store, transitions, key, record, transition.then, at)


def write_state(
    store: Store,
    transitions: Transitions,
    key: Key,
    record: Record,
    state: ResourceState | None,
    at: float,
    session: Session = NO_SESSION,
    *,
    is_new: bool = False,
) -> None:
    """Store the state that a resource has from `at` on; None deletes it, unless it is new.

    Transitions that take no time are skipped; the clock of the first one that does starts.
    """
    while state is not None and state.transition is not None and state.transition.duration.is_instant:
        state = state.transition.then
    due = None
    if state is not None and state.transition is not None:
        transition = replace(state.transition, began=at)
        state, due = replace(state, transition=transition), transition.due
    value = None
    if state or is_new:
        value = Record(record.request, record.created, round(at, 3), record.tags, state)
    kind: WriteKind = "create" if is_new else "update" if value else "delete"
    store.write(key, value, kind, session, at=at)
    transitions.expect(key, due)


def failure_text(failure: str, state: EndpointState) -> str:
    """Return the FailureReason of an endpoint's first variant, or of its alarms."""
    variant = state.config["ProductionVariants"][0]
    rollback = (state.deployment or {}).get("AutoRollbackConfiguration", {})
    text: str = table("refusals")["failures"][failure]
    return text.format(
        variant=variant["VariantName"],
        instance_type=variant.get("InstanceType", "ml.x"),
        alarms=", ".join(alarm["AlarmName"] for alarm in rollback.get("Alarms", ())) or "none is named",
    )
