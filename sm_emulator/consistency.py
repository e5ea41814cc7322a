"""From the `consistency` table of a configuration to what the store works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_emulator.catalog import nearest, service
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.presets import BASE, preset
from sm_emulator.store import (
    KINDS,
    SURFACES,
    Consistency,
    Constant,
    Lag,
    Lognormal,
    Replicas,
    Rule,
    Uniform,
)

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(duration: float | str) -> float:
    """Read a duration that the schema accepted: a number of seconds, or a text with a unit."""
    if isinstance(duration, str):
        unit = duration.lstrip("0123456789.")
        return float(duration.removesuffix(unit)) * _UNITS[unit]
    return float(duration)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `over` on `base`: tables are merged, everything else is replaced."""
    return {
        **base,
        **{
            key: merge(base[key], value)
            if isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
            else value
            for key, value in over.items()
        },
    }


def resolve(table: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a `consistency` table on the preset that it names, which makes it complete."""
    name = table.get("preset", "strong")
    return merge(merge(BASE, preset(name)), {**table, "preset": name})


def build(table: Mapping[str, Any]) -> Consistency:
    """Build the consistency that a table, valid by the schema, describes.

    Raises ConfigurationError where its parts contradict each other.
    """
    table = resolve(table)
    replicas = Replicas(**table["replicas"])
    problems = [
        Problem(
            f"consistency.replicas.{field}",
            f"{value} is more than consistency.replicas.count, which is {replicas.count}",
        )
        for field, value in (
            ("visible_at_ack", replicas.visible_at_ack),
            ("read_replicas", replicas.read_replicas),
        )
        if value > replicas.count
    ]
    rules = []
    for i, rule in enumerate(table["rules"]):
        problems += _problems(rule, f"consistency.rules[{i}]")
        if not problems:
            rules.append(_rule(rule))
    if problems:
        raise ConfigurationError(*problems)
    return Consistency(replicas, tuple(rules), seconds(table["bounds"]["max_lag"]))


def _problems(rule: Mapping[str, Any], path: str) -> list[Problem]:
    known = service()["operations"]
    problems = [
        Problem(
            f"{path}.match.operations",
            f"{name!r} is not an operation of SageMaker{nearest(name, known)}",
        )
        for name in rule.get("match", {}).get("operations", ())
        if name not in known
    ]
    lag = rule.get("lag", {})
    if lag.get("dist") == "uniform" and seconds(lag["low"]) > seconds(lag["high"]):
        problems.append(Problem(f"{path}.lag.low", f"{lag['low']} is above high, {lag['high']}"))
    return problems


def _rule(rule: Mapping[str, Any]) -> Rule:
    match = rule.get("match", {})
    return Rule(
        name=rule["name"],
        types=frozenset(match.get("types", ())),
        names=match.get("names", "*"),
        operations=frozenset(match.get("operations", ())),
        surfaces=frozenset(match.get("surfaces", SURFACES)),
        after=frozenset(match.get("after", KINDS)),
        probability=rule.get("probability", 1.0),
        lag=_lag(rule["lag"]) if "lag" in rule else None,
        reads=rule.get("reads", 0),
    )


def _lag(table: Mapping[str, Any]) -> Lag:
    match table["dist"]:
        case "constant":
            return Constant(seconds(table["value"]))
        case "uniform":
            return Uniform(seconds(table["low"]), seconds(table["high"]))
        case _:
            return Lognormal(seconds(table["median"]), table["sigma"])
