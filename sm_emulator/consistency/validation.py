"""What a `consistency` table may not say although its schema accepts it, and what it says in vain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sm_emulator.catalog import implemented_operations, service
from sm_emulator.errors import Problem
from sm_emulator.resources import RESOURCES
from sm_emulator.store import SURFACES, WRITE_KINDS
from sm_emulator.values import did_you_mean, is_glob, seconds

_TYPES = tuple(resource.type for resource in RESOURCES)


def contradictions(table: Mapping[str, Any]) -> Iterator[Problem]:
    """Find what contradicts itself in a complete table; each with its reason."""
    replicas = table["replicas"]
    for field in ("visible_at_ack", "read_replicas"):
        if replicas[field] > replicas["count"]:
            yield Problem(
                f"consistency.replicas.{field}",
                f"{replicas[field]} is more than consistency.replicas.count, "
                f"which is {replicas['count']}",
            )
    bounds = table["bounds"]
    if bounds["max_staleness"] is not None and seconds(bounds["max_staleness"]) >= seconds(
        bounds["max_lag"]
    ):
        yield Problem(
            "consistency.bounds.max_staleness",
            f"{bounds['max_staleness']} never binds: nothing is late for longer than max_lag, "
            f"which is {bounds['max_lag']}",
        )
    for i, rule in enumerate(table["rules"]):
        yield from _of_rule(rule, f"consistency.rules[{i}]", table)


def _of_rule(rule: Mapping[str, Any], path: str, table: Mapping[str, Any]) -> Iterator[Problem]:
    match = rule.get("match", {})
    known = implemented_operations()
    for name in match.get("operations", ()):
        if name in known:
            continue
        message = f"{name!r} is not an operation of SageMaker{did_you_mean(name, known)}"
        if name in service()["operations"]:
            message = f"{name!r} is not answered by sm-emulator, so it is never stale"
        yield Problem(f"{path}.match.operations", message)
    if not is_glob(match.get("names", "*")):
        yield Problem(f"{path}.match.names", f"{match['names']!r} is an invalid glob: unclosed [")
    if "reads" in rule:
        for what in _orders(table):
            message = f"a write that is missed by reads has no time that {what} could order; use lag"
            yield Problem(f"{path}.reads", message)
        if "max_lag" in rule:
            yield Problem(f"{path}.max_lag", "caps a lag, but this rule counts reads")
    elif "per" in rule:
        yield Problem(f"{path}.per", "counts reads, but this rule has a lag")
    else:
        yield from of_lag(rule["lag"], f"{path}.lag")
        if isinstance(rule["lag"], Mapping) and rule["lag"]["dist"] == "wars":
            yield from _of_wars(path, table)


def _of_wars(path: str, table: Mapping[str, Any]) -> Iterator[Problem]:
    if table["replicas"]["choice"] != "random":
        message = (
            "with wars the first replicas to respond answer, so consistency.replicas.choice must be "
            f"random, not {table['replicas']['choice']}"
        )
        yield Problem(f"{path}.lag", message)
    for what in _orders(table):
        message = f"with wars reads arrive when they may, which {what} cannot order; use another lag"
        yield Problem(f"{path}.lag", message)


def _orders(table: Mapping[str, Any]) -> list[str]:
    """Name what in the table orders writes across keys."""
    guarantees = [f"session guarantee {g}" for g in ("mw", "wfr") if g in table["session"]]
    return guarantees + (["order prefix"] if table["order"] == "prefix" else [])


def of_lag(lag: Mapping[str, Any] | float | str, path: str) -> Iterator[Problem]:
    """Find what contradicts itself in the lag at `path`: a distribution, or a duration."""
    if not isinstance(lag, Mapping):
        return
    match lag["dist"]:
        case "uniform" if seconds(lag["low"]) > seconds(lag["high"]):
            yield Problem(f"{path}.low", f"{lag['low']} is above high, {lag['high']}")
        case "lognormal" if "p99" in lag and not 0 < seconds(lag["median"]) <= seconds(lag["p99"]):
            yield Problem(f"{path}.p99", f"{lag['p99']} is below median, {lag['median']}, or that is 0")
        case "mixture":
            total = sum(part["weight"] for part in lag["parts"])
            if abs(total - 1) > 1e-6:  # noqa: PLR2004  decimals that do not add up to the last bit
                yield Problem(f"{path}.parts", f"the weights add up to {total:g}, not to 1")
            for i, part in enumerate(lag["parts"]):
                yield from of_lag(part["lag"], f"{path}.parts[{i}].lag")
        case "empirical":
            shares = [share for share, _ in lag["points"]]
            delays = [seconds(delay) for _, delay in lag["points"]]
            if shares != sorted(shares) or delays != sorted(delays) or shares[-1] != 1:
                yield Problem(f"{path}.points", "shares and delays must ascend, the last share to 1")
        case "wars":
            for way in ("w", "a", "r", "s"):
                yield from of_lag(lag[way], f"{path}.{way}")


def unreachable_rules(table: Mapping[str, Any]) -> list[Problem]:
    """Find rules that no read can ever meet, in a complete table: worth a warning."""
    problems = []
    for i, rule in enumerate(table["rules"]):
        path = f"consistency.rules[{i}]"
        before = next((other for other in table["rules"][:i] if _covers(other, rule)), None)
        if before:
            problems.append(
                Problem(path, f"never matches: {before['name']!r} before it takes all that it would")
            )
        elif "operations" in rule.get("match", {}) and not any(
            map(_reads(rule), rule["match"]["operations"])
        ):
            problems.append(
                Problem(path, "never matches: none of its operations reads such types on such surfaces")
            )
    return problems


def _covers(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether every read of every write that `other` matches is matched by `one`."""
    a, b = one.get("match", {}), other.get("match", {})
    names = a.get("names", "*")
    return (
        (names == "*" or names == b.get("names", "*"))
        and set(b.get("types", _TYPES)) <= set(a.get("types", _TYPES))
        and set(b.get("surfaces", SURFACES)) <= set(a.get("surfaces", SURFACES))
        and set(b.get("after", WRITE_KINDS)) <= set(a.get("after", WRITE_KINDS))
        and (
            "operations" not in a or ("operations" in b and set(b["operations"]) <= set(a["operations"]))
        )
        and one.get("probability", 1) == 1
    )


def _reads(rule: Mapping[str, Any]) -> Any:
    """Build the test of whether an operation can read what the rule matches, where it matches."""
    match = rule["match"]
    types, surfaces = match.get("types", _TYPES), match.get("surfaces", SURFACES)

    def test(operation: str) -> bool:
        if operation == "ListTags":  # reads one resource, of any type
            return "describe" in surfaces
        for verb, surface in (("Describe", "describe"), ("List", "list")):
            if operation.startswith(verb):
                what = operation.removeprefix(verb).removesuffix("s")
                return surface in surfaces and what in types
        return "load" in surfaces

    return test
