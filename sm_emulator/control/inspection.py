"""What each replica would answer about a resource."""

from typing import Any

from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.operations.state import Record
from sm_emulator.resources import RESOURCES
from sm_emulator.store.rules import SURFACES
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key
from sm_emulator.values import did_you_mean

_MEMBERS = ("replica", "stale", "age", "rule")


def inspect(store: Store, type_: str, name: str, region: str, operation: str | None) -> dict[str, Any]:
    """Return the leader's value, and by surface what each replica would answer to `operation`.

    Without `operation`, to Describe, List and the create that loads such a resource. Raises
    ConfigurationError for an unknown `type_`.
    """
    kinds = {kind.type: kind for kind in RESOURCES}
    if type_ not in kinds:
        hint = did_you_mean(type_, kinds) or f"; allowed: {', '.join(kinds)}"
        raise ConfigurationError(Problem("type", f"there is no type {type_!r}{hint}"))
    kind = kinds[type_]
    key = Key(region, type_, kind.identity(name))
    return {
        "region": region,
        "type": type_,
        "name": name,
        "leader": _shown(store.leader_value(key)),
        "surfaces": {
            surface: [
                {name: getattr(read, name) for name in _MEMBERS} | {"value": _shown(read.value)}
                for read in store.replicas(key, surface, operation or kind.readers[surface])
            ]
            for surface in SURFACES
        },
    }


def _shown(value: object) -> dict[str, Any] | None:
    """Show a stored resource: the request that made it, its times, its tags, an endpoint's status."""
    if value is None:
        return None
    assert isinstance(value, Record)
    shown = {
        "request": dict(value.request),
        "created": value.created,
        "modified": value.modified,
        "tags": list(value.tags),
    }
    return shown | ({"status": value.state.status} if value.state else {})
