"""A history as JSON and back, and the verdict of the checker on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sm_emulator.config.validation import validate_consistency
from sm_emulator.consistency.build import build, render
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.store import GUARANTEES, Guarantee, Key
from sm_emulator.store.checker import check
from sm_emulator.store.history import ConsistencyChanged, Event, ReadEvent, Settled, WriteEvent

_KEY = Key._fields
_EVENTS: dict[str, type[WriteEvent | ReadEvent]] = {"write": WriteEvent, "read": ReadEvent}
_TYPES = {
    "at": (int, float),
    "replica": (int, type(None)),
    "rule": (str, type(None)),
    **dict.fromkeys(("version", "lsn", "latest"), (int,)),
}


def to_json(event: Event) -> dict[str, Any]:
    """Write an event as an object whose `event` is write, read, consistency or settle."""
    match event:
        case ConsistencyChanged(at, consistency):
            return {"event": "consistency", "at": at, "consistency": render(consistency)}
        case Settled(at):
            return {"event": "settle", "at": at}
        case _:
            name = "write" if isinstance(event, WriteEvent) else "read"
            members = event._asdict()
            return {"event": name, **members.pop("key")._asdict(), **members}


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
    members = dict(event)
    name = members.pop("event", None)
    match name:
        case "consistency":
            at, table = _members(members, ("at", "consistency"), path)
            validate_consistency(table)
            return ConsistencyChanged(at, build(table))
        case "settle":
            return Settled(*_members(members, ("at",), path))
        case "write" | "read":
            kind = _EVENTS[name]
            key = Key(*_members(members, _KEY, path))
            fields = [field for field in kind._fields if field != "key"]
            values = dict(zip(fields, _members(members, fields, path), strict=True))
            return kind(key=key, **values)
        case _:
            allowed = "write, read, consistency, settle"
            raise ConfigurationError(Problem(f"{path}.event", f"{name!r} is not one of {allowed}"))


def _members(members: Mapping[str, Any], names: Iterable[str], path: str) -> list[Any]:
    values = []
    for name in names:
        if name not in members:
            raise ConfigurationError(Problem(f"{path}.{name}", "is missing"))
        value = members[name]
        if name != "consistency" and type(value) not in _TYPES.get(name, (str,)):
            raise ConfigurationError(Problem(f"{path}.{name}", f"{value!r} is of the wrong type"))
        values.append(value)
    return values
