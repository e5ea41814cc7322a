"""A history as JSON and back, and the verdict of the checker on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sm_emulator.config.validation import validate_consistency
from sm_emulator.consistency.build import build, render
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.store import GUARANTEES, Guarantee, Key
from sm_emulator.store.checker import check
from sm_emulator.store.history import ConsistencyChanged, Event, ReadEvent, Settled, WriteEvent

_EVENTS: dict[str, type[Event]] = {
    "write": WriteEvent,
    "read": ReadEvent,
    "consistency": ConsistencyChanged,
    "settle": Settled,
}
_TYPES = {
    "at": (int, float),
    "replica": (int, type(None)),
    "rule": (str, type(None)),
    **dict.fromkeys(("version", "lsn", "latest"), (int,)),
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


def _guarantees(names: object) -> frozenset[Guarantee]:
    if (
        isinstance(names, str)
        or not isinstance(names, Sequence)
        or any(n not in GUARANTEES for n in names)
    ):
        message = f"{names!r} is not a list of {', '.join(GUARANTEES)}"
        raise ConfigurationError(Problem("session", message))
    return frozenset(name for name in GUARANTEES if name in names)


def _event(event: object, path: str) -> Event:
    if not isinstance(event, Mapping):
        raise ConfigurationError(Problem(path, f"{event!r} is not an event"))
    name = event.get("event")
    if name not in list(_EVENTS):
        message = f"{name!r} is not one of {', '.join(_EVENTS)}"
        raise ConfigurationError(Problem(f"{path}.event", message))
    kind = _EVENTS[name]
    return kind(**{field: _member(event, field, path) for field in kind._fields})


def _member(members: Mapping[str, Any], name: str, path: str) -> Any:
    if name == "key":
        return Key(*(_member(members, field, path) for field in Key._fields))
    if name not in members:
        raise ConfigurationError(Problem(f"{path}.{name}", "is missing"))
    value = members[name]
    if name == "consistency":
        validate_consistency(value)
        return build(value)
    if type(value) not in _TYPES.get(name, (str,)):
        raise ConfigurationError(Problem(f"{path}.{name}", f"{value!r} is of the wrong type"))
    return value
