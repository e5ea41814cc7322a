"""What goes on by itself: all that has fallen due is written before each request, in order."""

from __future__ import annotations

from dataclasses import replace

from sm_emulator.errors import validation
from sm_emulator.operations.life import Life, due, enter
from sm_emulator.operations.registry import Context, Record
from sm_emulator.resources import Resource
from sm_emulator.scenario.schedule import Schedule
from sm_emulator.store import Key, Session, Store

# What happens by itself is no session's doing
_NOBODY = Session()


def catch_up(store: Store, schedule: Schedule, now: float) -> None:
    """Write every transition that has fallen due by `now`, each as of the time when it did."""
    while (fallen := schedule.next(now)) is not None:
        at, key = fallen
        record = store.head(key)
        assert isinstance(record, Record)
        assert record.life is not None
        assert record.life.step is not None, "what is in progress is changed by nothing else"
        _live(store, schedule, key, record, record.life.step.then, at)


def count_describe(c: Context, resource: Resource, name: str) -> None:
    """Count a describe of what takes a number of them to go on; it may be the first of the next step."""
    key = c.key(resource, name)
    while (record := c.peek(resource, name)) and record.life and record.life.step:
        step = record.life.step
        if step.duration.describes is None or c.schedule.count(key) <= step.duration.describes:
            return
        _live(c.store, c.schedule, key, record, step.then, c.now)


def settled(c: Context, resource: Resource, name: str) -> Record:
    """Read what is to be changed, of the leader. Raises ServiceError if absent or in progress."""
    record = c.head(resource, name)
    if record.life is not None and record.life.in_progress:
        # verbatim of endpoints, with the word "update" for a deletion too (fidelity corpus,
        # *-in-progress); by analogy of inference components
        raise validation(f'Cannot update in-progress {resource.words} "{c.arn(resource, name)}".')
    return record


def begin(c: Context, resource: Resource, name: str, record: Record, life: Life) -> None:
    """Let a resource live `life` from now on; what ends in nothing at once is deleted."""
    _live(c.store, c.schedule, c.key(resource, name), record, life, c.now, c.session)


def _live(
    store: Store,
    schedule: Schedule,
    key: Key,
    record: Record,
    life: Life | None,
    at: float,
    session: Session = _NOBODY,
) -> None:
    life = enter(life, at)
    changed = replace(record, life=life, modified=round(at, 3)) if life else None
    store.write(key, changed, "update" if changed else "delete", session, at=at)
    schedule.await_step(key, due(life))
