"""The presets, and building a store's Consistency from a `consistency` table, and back."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

from sm_emulator.catalog import document, table
from sm_emulator.consistency.validation import contradictions
from sm_emulator.errors import ConfigurationError
from sm_emulator.store import lag
from sm_emulator.store.rules import SURFACES, WRITE_KINDS, Consistency, ConsistencyRule, Replicas
from sm_emulator.values import seconds

Table = dict[str, Any]
_Z99 = NormalDist().inv_cdf(0.99)
# Distributions whose parameters are durations, but for two that have no unit
_SIMPLE = (lag.Constant, lag.Uniform, lag.Exponential, lag.Lognormal, lag.Pareto)
_DISTRIBUTIONS = {kind.__name__.lower(): kind for kind in _SIMPLE}
_READ = {"sigma": float, "alpha": float}


def _defaults(schema: Table) -> Table:
    properties = schema["properties"].items()
    return {name: _defaults(p) if "properties" in p else p["default"] for name, p in properties}


# The defaults that presets override: three copies, one of which shows a write when it is acknowledged.
# The topology is DynamoDB's (Elhemali et al., USENIX ATC 2022); without a rule, nothing is stale.
BASE = _defaults(document("config.schema")["$defs"]["consistency"])


@dataclass(frozen=True, slots=True)
class Preset:
    """A named `consistency` table, a summary of its effect, and the basis of its figures.

    A preset of `faults` names the preset of consistency that --preset selects with it.
    """

    name: str
    summary: str
    basis: str
    consistency: Table = field(default_factory=dict)
    faults: list[Table] = field(default_factory=list)


_ALL = tuple(Preset(name, **table) for name, table in table("presets").items())
PRESETS = tuple(preset for preset in _ALL if not preset.faults)
FAULT_PRESETS = {preset.name: preset for preset in _ALL if preset.faults}
_BY_NAME = {preset.name: preset.consistency for preset in PRESETS}


def preset(name: str) -> Table:
    """Return the `consistency` of a preset whose name the configuration schema has accepted."""
    if counted := re.fullmatch(r"read-after-create-miss-(\d+)", name):
        match = {"after": ["create"], "surfaces": ["describe", "load"]}
        return {"rules": [{"name": name, "match": match, "reads": int(counted[1])}]}
    return _BY_NAME[name]


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` merged into it: tables are merged, everything else is replaced."""
    merged = {**base, **over}
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), Mapping):
            merged[key] = merge(base[key], value)
    return merged


def resolve(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `consistency` table completed by the preset that it names."""
    name = table.get("preset", "strong")
    return merge(merge(BASE, preset(name)), {**table, "preset": name})


def build(table: Mapping[str, Any]) -> Consistency:
    """Return the consistency that a table, valid by the schema, describes.

    Raises ConfigurationError where its parts contradict each other.
    """
    table = resolve(table)
    problems = list(contradictions(table))
    if problems:
        raise ConfigurationError(*problems)
    bounds = table["bounds"]
    return Consistency(
        replicas=Replicas(**table["replicas"]),
        rules=tuple(map(_rule, table["rules"])),
        max_lag=seconds(bounds["max_lag"]),
        order=table["order"],
        session=frozenset(table["session"]),
        max_staleness=_optional(bounds["max_staleness"]),
        k_staleness=bounds["k_staleness"],
        quiesce_after=_optional(bounds["quiesce_after"]),
        snapshot=table["list"]["snapshot"],
    )


def _optional(duration: float | str | None) -> float | None:
    return None if duration is None else seconds(duration)


def _rule(rule: Mapping[str, Any]) -> ConsistencyRule:
    match = rule.get("match", {})
    reads = rule.get("reads", 0)
    return ConsistencyRule(
        name=rule["name"],
        types=frozenset(match.get("types", ())),
        names=match.get("names", "*"),
        operations=frozenset(match.get("operations", ())),
        surfaces=frozenset(match.get("surfaces", SURFACES)),
        after=frozenset(match.get("after", WRITE_KINDS)),
        probability=rule.get("probability", 1.0),
        lag=_lag_or_wars(rule["lag"]) if "lag" in rule else None,
        max_lag=_optional(rule.get("max_lag")),
        reads=0 if isinstance(reads, Mapping) else reads,
        ends=reads["ends"] if isinstance(reads, Mapping) else 0.0,
        per_session=rule.get("per") == "session",
    )


def _lag_or_wars(table: Mapping[str, Any] | float | str) -> lag.Lag | lag.Wars:
    if isinstance(table, Mapping) and table["dist"] == "wars":
        ways = {way: build_lag(table[way]) for way in ("w", "a", "r", "s")}
        return lag.Wars(**ways, remote=seconds(table.get("remote", 0)))
    return build_lag(table)


def build_lag(table: Mapping[str, Any] | float | str) -> lag.Lag:
    """Return the distribution that a valid table describes; a duration is a constant lag."""
    if not isinstance(table, Mapping):
        return lag.Constant(seconds(table))
    match table["dist"]:
        case "lognormal" if "p99" in table:
            median = seconds(table["median"])
            return lag.Lognormal(median, math.log(seconds(table["p99"]) / median) / _Z99)
        case "mixture":
            return lag.Mixture(
                tuple((part["weight"], build_lag(part["lag"])) for part in table["parts"])
            )
        case "empirical":
            return lag.Empirical(tuple((share, seconds(delay)) for share, delay in table["points"]))
        case dist:
            kind = _DISTRIBUTIONS[dist]
            return kind(*(_READ.get(name, seconds)(table[name]) for name in kind.__slots__))


def render(consistency: Consistency) -> dict[str, Any]:
    """Return the table that `build` builds a consistency from; equal ones give the same bytes."""
    replicas = consistency.replicas
    return {
        "replicas": {name: getattr(replicas, name) for name in replicas.__slots__},
        "order": consistency.order,
        "session": sorted(consistency.session),
        "bounds": {
            name: getattr(consistency, name)
            for name in ("max_lag", "max_staleness", "k_staleness", "quiesce_after")
        },
        "list": {"snapshot": consistency.snapshot},
        "rules": [_render_rule(rule) for rule in consistency.rules],
    }


def _render_rule(rule: ConsistencyRule) -> dict[str, Any]:
    match: dict[str, Any] = {"names": rule.names}
    match |= {"surfaces": sorted(rule.surfaces), "after": sorted(rule.after)}
    match |= {"types": sorted(rule.types)} if rule.types else {}
    match |= {"operations": sorted(rule.operations)} if rule.operations else {}
    table: dict[str, Any] = {"name": rule.name, "match": match, "probability": rule.probability}
    if rule.lag is not None:
        capped = {} if rule.max_lag is None else {"max_lag": rule.max_lag}
        return {**table, "lag": _render_lag(rule.lag), **capped}
    reads = {"ends": rule.ends} if rule.ends else rule.reads
    return {**table, "reads": reads, "per": "session" if rule.per_session else "version"}


def _render_lag(value: lag.Lag | lag.Wars) -> dict[str, Any]:
    table: dict[str, Any] = {"dist": type(value).__name__.lower()}
    match value:
        case lag.Mixture(parts):
            return {**table, "parts": [{"weight": w, "lag": _render_lag(part)} for w, part in parts]}
        case lag.Empirical(points):
            return {**table, "points": [list(point) for point in points]}
        case lag.Wars():
            ways = {way: _render_lag(getattr(value, way)) for way in ("w", "a", "r", "s")}
            return {**table, **ways, "remote": value.remote}
        case _:
            return table | {name: getattr(value, name) for name in value.__slots__}
