"""Durations and outcomes of operations on endpoints and components: the `lifecycle` settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sm_emulator.values import matches_glob, seconds

_SETTINGS = {
    "CreateEndpoint": "creating_seconds",
    "UpdateEndpoint": "updating_seconds",
    "UpdateEndpointWeightsAndCapacities": "updating_seconds",
    "DeleteEndpoint": "deleting_seconds",
    "CreateInferenceComponent": "creating_seconds",
    "UpdateInferenceComponent": "updating_seconds",
    "UpdateInferenceComponentRuntimeConfig": "updating_seconds",
    "DeleteInferenceComponent": "deleting_seconds",
}


@dataclass(frozen=True, slots=True)
class Duration:
    """A time of `seconds` by the scenario's clock; or, if given, a number of `describes`."""

    seconds: float = 0.0
    describes: int | None = None

    @property
    def is_instant(self) -> bool:
        """Return whether it ends as soon as it begins."""
        return not self.describes if self.describes is not None else self.seconds == 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The course of an operation: how long it takes, and how it fails, if it does.

    `failure` names a reason; a failed update is rolled back, unless `rollback_fails`.
    """

    duration: Duration
    failure: str | None = None
    rollback_fails: bool = False


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The plans of a `lifecycle` table, valid by the schema. By default everything ends immediately."""

    table: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deployment_waits(self) -> bool:
        """Return whether updates also take the times of their DeploymentConfig."""
        return bool(self.table.get("deployment_waits"))

    @property
    def shifting(self) -> Duration:
        """Return the time of each traffic shift and each termination in an update that waits."""
        return _duration(self.table, "shifting_")

    def plan(self, operation: str, name: str) -> Plan:
        """Return the plan of an operation on a resource, by the first rule that matches."""
        for rule in self.table.get("rules", ()):
            match = rule.get("match", {})
            operations, names = match.get("operations", _SETTINGS), match.get("names", "*")
            if operation in operations and matches_glob(name, names):
                return Plan(_duration(rule), rule.get("failure"), rule.get("rollback_fails", False))
        return Plan(Duration(seconds(self.table.get(_SETTINGS[operation], 0))))

    def system_update(self, name: str) -> tuple[Duration, Duration] | None:
        """Return how long an endpoint is in service until its maintenance, and how long that takes."""
        for update in self.table.get("system_updates", ()):
            if matches_glob(name, update.get("names", "*")):
                return _duration(update, "after_"), _duration(update)
        return None


def _duration(table: Mapping[str, Any], prefix: str = "") -> Duration:
    return Duration(seconds(table.get(f"{prefix}seconds", 0)), table.get(f"{prefix}describes"))
