"""Contradictions in a `consistency` table that its schema accepts, and rules that cannot match."""

from collections.abc import Iterator, Mapping
from typing import Any

from sm_emulator.catalog import implemented_operations, service
from sm_emulator.errors import Problem
from sm_emulator.resources import RESOURCES
from sm_emulator.store.rules import SURFACES, WRITE_KINDS
from sm_emulator.values import did_you_mean, is_glob, seconds

_TYPES = tuple(resource.type for resource in RESOURCES)
_EVERY = {"types": _TYPES, "surfaces": SURFACES, "after": WRITE_KINDS}


def contradictions(table: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is contradictory in a complete table."""
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
            message = f"{name!r} is not implemented by sm-emulator, so it is never stale"
        yield Problem(f"{path}.match.operations", message)
    if not is_glob(match.get("names", "*")):
        yield Problem(f"{path}.match.names", f"{match['names']!r} is an invalid glob: unclosed [")
    if "reads" in rule:
        for what in _orders(table):
            message = f"{what} orders writes by time, but this rule counts reads; use lag"
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
        message = f"{what} cannot order reads, which arrive at any time with wars; use another lag"
        yield Problem(f"{path}.lag", message)


def _orders(table: Mapping[str, Any]) -> list[str]:
    """Return the settings of the table that order writes across keys."""
    guarantees = [f"session guarantee {g}" for g in ("mw", "wfr") if g in table["session"]]
    return guarantees + (["order prefix"] if table["order"] == "prefix" else [])


def of_lag(lag: Mapping[str, Any] | float | str, path: str) -> Iterator[Problem]:
    """Yield what is contradictory in the lag at `path`: a distribution, or a duration."""
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
    """Return a warning for each rule of a complete table that no read can match."""
    problems = []
    for i, rule in enumerate(table["rules"]):
        operations = rule.get("match", {}).get("operations")
        before = next((earlier for earlier in table["rules"][:i] if _covers(earlier, rule)), None)
        if before:
            reason = f"the earlier rule {before['name']!r} matches all of its reads"
        elif operations is not None and not any(_can_read(name, rule["match"]) for name in operations):
            reason = "none of its operations reads its types on its surfaces"
        else:
            continue
        problems.append(Problem(f"consistency.rules[{i}]", f"never matches: {reason}"))
    return problems


def _covers(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether every read of every write that `other` matches is matched by `one`."""
    a, b = one.get("match", {}), other.get("match", {})
    names = a.get("names", "*")
    return (
        (names == "*" or names == b.get("names", "*"))
        and all(set(b.get(name, every)) <= set(a.get(name, every)) for name, every in _EVERY.items())
        and ("operations" not in a or set(b.get("operations", ("any",))) <= set(a["operations"]))
        and one.get("probability", 1) == 1
    )


def _can_read(operation: str, match: Mapping[str, Any]) -> bool:
    """Return whether an operation can read what a rule matches."""
    types, surfaces = match.get("types", _TYPES), match.get("surfaces", SURFACES)
    if operation == "ListTags":  # reads one resource, of any type
        return "describe" in surfaces
    for verb, surface in (("Describe", "describe"), ("List", "list")):
        if operation.startswith(verb):
            return surface in surfaces and operation.removeprefix(verb).removesuffix("s") in types
    return "load" in surfaces
