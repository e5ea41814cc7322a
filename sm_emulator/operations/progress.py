"""What goes on by itself: all that has fallen due is written before each request, in order."""

from __future__ import annotations

from dataclasses import replace

from sm_emulator.operations.life import Step, enter
from sm_emulator.operations.registry import Context, Record
from sm_emulator.resources import Resource
from sm_emulator.schedule import Schedule
from sm_emulator.store import Key, Store


def catch_up(store: Store, schedule: Schedule, now: float) -> None:
    """Write every transition that has fallen due by `now`, each as of the time when it did."""
    while (due := schedule.next(now)) is not None:
        at, key = due
        record = store.head(key)
        if isinstance(record, Record) and record.life and record.life.step:
            step = record.life.step
            if step.due == at:  # else something else has become of it since
                _go_on(store, schedule, key, record, step, at)


def count_describe(c: Context, resource: Resource, name: str) -> None:
    """Count a describe of what takes a number of them to go on; it may be the last."""
    key = c.key(resource, name)
    record = c.store.head(key)
    if not (isinstance(record, Record) and record.life and record.life.step):
        return
    step = record.life.step
    if step.duration.describes is not None and c.schedule.count(key) > step.duration.describes:
        _go_on(c.store, c.schedule, key, record, step, c.now)


def _go_on(store: Store, schedule: Schedule, key: Key, record: Record, step: Step, at: float) -> None:
    life = enter(step.then, at)
    if life is None:
        store.write(key, None, "delete", at=at)
        return
    changed = replace(record, life=life, modified=round(at, 3))
    store.write(key, changed, "update", at=at)
    schedule.await_step(key, life.step.due if life.step else None)
