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

    duration: Duration = field(default_factory=Duration)
    failure: str | None = None
    rollback_fails: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    operations: frozenset[str]
    names: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class SystemUpdate:
    """Maintenance: an endpoint in service for `after` is SystemUpdating for `duration`."""

    names: str
    after: Duration
    duration: Duration


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The plans of operations. By default everything succeeds immediately.

    `deployment_waits`: updates also take the times of their DeploymentConfig, and `shifting` for each
    traffic shift and each termination.
    """

    durations: Mapping[str, Duration] = field(default_factory=dict)
    rules: tuple[_Rule, ...] = ()
    deployment_waits: bool = False
    shifting: Duration = field(default_factory=Duration)
    system_updates: tuple[SystemUpdate, ...] = ()

    def plan(self, operation: str, name: str) -> Plan:
        """Return the plan of an operation on a resource, by the first rule that matches."""
        for rule in self.rules:
            if operation in rule.operations and matches_glob(name, rule.names):
                return rule.plan
        return Plan(self.durations.get(operation, Duration()))

    def system_update(self, name: str) -> SystemUpdate | None:
        """Return the maintenance of an endpoint: the first that matches."""
        return next((u for u in self.system_updates if matches_glob(name, u.names)), None)


def lifecycle(table: Mapping[str, Any]) -> Lifecycle:
    """Build the lifecycle from a `lifecycle` table that is valid by the schema."""
    durations = {
        operation: Duration(seconds(table.get(setting, 0))) for operation, setting in _SETTINGS.items()
    }
    rules = tuple(_rule(rule, durations) for rule in table.get("rules", ()))
    updates = tuple(_system_update(update) for update in table.get("system_updates", ()))
    shifting = Duration(seconds(table.get("shifting_seconds", 0)))
    return Lifecycle(durations, rules, table.get("deployment_waits", False), shifting, updates)


def _system_update(update: Mapping[str, Any]) -> SystemUpdate:
    return SystemUpdate(
        update.get("names", "*"),
        Duration(seconds(update.get("after_seconds", 0)), update.get("after_describes")),
        Duration(seconds(update.get("seconds", 0)), update.get("describes")),
    )


def _rule(rule: Mapping[str, Any], durations: Mapping[str, Duration]) -> _Rule:
    match = rule.get("match", {})
    plan = Plan(
        Duration(seconds(rule.get("seconds", 0)), rule.get("describes")),
        rule.get("failure"),
        rule.get("rollback_fails", False),
    )
    return _Rule(frozenset(match.get("operations", durations)), match.get("names", "*"), plan)
