"""A history as JSON and back, and the verdict of the checker on it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sm_emulator.config.validation import validate_part
from sm_emulator.consistency.build import build, render
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.store.checker import check
from sm_emulator.store.history import ConsistencyChanged, Event, ReadEvent, Settled, WriteEvent
from sm_emulator.store.rules import GUARANTEES, Guarantee
from sm_emulator.store.version import Key

_EVENTS: dict[str, type[Event]] = {
    "write": WriteEvent,
    "read": ReadEvent,
    "consistency": ConsistencyChanged,
    "settle": Settled,
}


def to_json(event: Event) -> dict[str, Any]:
    """Write an event as an object whose `event` is write, read, consistency or settle."""
    members = event._asdict()
    if isinstance(event, ConsistencyChanged):
        members["consistency"] = render(event.consistency)
    if "key" in members:
        members = {**members.pop("key")._asdict(), **members}
    return {"event": next(name for name, kind in _EVENTS.items() if kind is type(event)), **members}


def from_json(events: object) -> list[Event]:
    """Read the events of a history, as `to_json` writes them. Raises ConfigurationError."""
    if isinstance(events, Mapping):
        events = events.get("events")
    if not isinstance(events, list):
        raise ConfigurationError(Problem("events", "is not a list of events"))
    return [_event(event, f"events[{i}]") for i, event in enumerate(events)]


def verdict(
    events: Sequence[Event], session: Sequence[str] | None = None, dropped: int = 0
) -> dict[str, Any]:
    """Check events against the guarantees in force, or against those of `session` instead.

    Returns `ok`, the number of `events` and of those `dropped` before them, and the first `violation`:
    its guarantee, the anomaly's name in the literature, a message, and the events that show it, the
    last being the culprit. Raises ConfigurationError for unknown guarantees.
    """
    violation = check(events, None if session is None else _guarantees(session))
    return {
        "ok": violation is None,
        "events": len(events),
        "dropped": dropped,
        "violation": violation
        and {
            "guarantee": violation.guarantee,
            "anomaly": violation.anomaly,
            "message": violation.message,
            "events": [to_json(event) for event in violation.events],
        },
    }


def _guarantees(names: Sequence[str]) -> frozenset[Guarantee]:
    if any(name not in GUARANTEES for name in names):
        message = f"{names!r} is not a list of {', '.join(GUARANTEES)}"
        raise ConfigurationError(Problem("session", message))
    return frozenset(name for name in GUARANTEES if name in names)


def _event(event: Any, path: str) -> Event:
    validate_part(event, "event", path)
    kind = _EVENTS[event["event"]]
    members = {**event, "key": Key(*map(event.get, Key._fields))}
    if kind is ConsistencyChanged:
        members["consistency"] = build(event["consistency"])
    return kind(**{name: members[name] for name in kind._fields})
