"""The `lifecycle` settings: durations and outcomes of operations; and the transitions that are due."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from sm_emulator.store.version import Key
from sm_emulator.values import matches_glob, seconds

# By the verb that the name of an operation begins with
_SETTINGS = {"Create": "creating_seconds", "Update": "updating_seconds", "Delete": "deleting_seconds"}


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

    def slowed(self) -> Self:
        """Return it ten times as long, and ten minutes or ten describes at least."""
        seconds, describes = self.duration.seconds, self.duration.describes
        if describes is not None:
            return replace(self, duration=Duration(describes=10 * max(describes, 1)))
        return replace(self, duration=Duration(10 * max(seconds, 60.0)))


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
            match = {"operations": [operation], "names": "*", **rule.get("match", {})}
            if operation in match["operations"] and matches_glob(name, match["names"]):
                return Plan(_duration(rule), rule.get("failure"), rule.get("rollback_fails", False))
        return Plan(Duration(seconds(self.table.get(_SETTINGS[operation[:6]], 0))))

    def system_update(self, name: str) -> tuple[Duration, Duration] | None:
        """Return how long an endpoint is in service until its maintenance, and how long that takes."""
        for update in self.table.get("system_updates", ()):
            if matches_glob(name, update.get("names", "*")):
                return _duration(update, "after_"), _duration(update)
        return None


def _duration(table: Mapping[str, Any], prefix: str = "") -> Duration:
    return Duration(seconds(table.get(f"{prefix}seconds", 0)), table.get(f"{prefix}describes"))


class Transitions:
    """Due times, and counts of describes since the last change. It executes nothing by itself."""

    def __init__(self) -> None:
        self._due: list[tuple[float, Key]] = []
        self._expected: dict[Key, float] = {}
        self._describes: dict[Key, int] = {}

    def expect(self, key: Key, due: float | None) -> None:
        """Expect the next transition of `key` at `due` (None: by describes), instead of any before.

        The count of its describes starts again at 0.
        """
        self._describes.pop(key, None)
        self._expected.pop(key, None)
        if due is not None:
            self._expected[key] = due
            heapq.heappush(self._due, (due, key))

    def is_due(self, now: float) -> bool:
        """Return whether transitions may be due by `now`."""
        return bool(self._due) and self._due[0][0] <= now

    def next(self) -> tuple[float, Key]:
        """Remove the first due time, and return it and its key, of which it may be superseded."""
        return heapq.heappop(self._due)

    def take(self, key: Key, now: float) -> float | None:
        """Take the transition of `key` that is due by `now`, and return when; None if there is none."""
        due = self._expected.get(key)
        if due is None or due > now:
            return None
        return self._expected.pop(key)

    def count(self, key: Key) -> int:
        """Count a describe of `key`; return how many there were since the last change."""
        self._describes[key] = self._describes.get(key, 0) + 1
        return self._describes[key]
