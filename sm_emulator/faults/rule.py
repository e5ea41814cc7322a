"""From the `faults` list of a configuration to rules, and what is wrong with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from sm_emulator.consistency.build import FAULT_PRESETS
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.faults import conditions
from sm_emulator.faults.registry import FAULTS, Phase
from sm_emulator.values import did_you_mean, matches_glob, seconds
from sm_emulator.wire.call import Call

# A list of rules as in the configuration file, or the name of a preset
FaultSpec = Sequence[Mapping[str, Any]] | str


class FaultRule:
    """A rule that the schema accepted. `make` returns its function; `ttl` is in seconds."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        match, effect = table.get("match", {}), table["effect"]
        fault = FAULTS[effect["fault"]]
        self.table = table
        self.name: str = table["name"]
        self.phase: Phase = match.get("phase", fault.phases[0])
        self.operation: str = match.get("operation", "*")
        self.tests = conditions.build_tests(match)
        self.when = conditions.When(table.get("when", {}))
        self.ttl = seconds(table["ttl"]) if "ttl" in table else None
        self.make = partial(fault.build, effect)

    def rejects(self, call: Call) -> conditions.Refusal | None:
        """Return the condition of `match` that rejects a call, and why."""
        rejected = conditions.rejection_of_operation(call.operation, self.operation)
        return rejected or conditions.rejection_by(self.tests, call)


def build_rules(spec: FaultSpec) -> list[FaultRule]:
    """Build the rules of a list that the schema accepted, or of the preset that it names.

    Raises ConfigurationError where there is no such preset or the rules contradict themselves.
    """
    tables = _of_preset(spec) if isinstance(spec, str) else spec
    found: list[Problem] = []
    names: set[str] = set()
    for i, table in enumerate(tables):
        found += _at(f"faults[{i}]", _problems(table))
        if table["name"] in names:
            found.append(Problem(f"faults[{i}].name", f"{table['name']!r} is the name of another rule"))
        names.add(table["name"])
    if found:
        raise ConfigurationError(*found)
    return [FaultRule(table) for table in tables]


def nest_settings(fault: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule that flat settings describe: `name`, `ttl`, and those of match, when and effect.

    Raises ConfigurationError for an unknown fault or setting.
    """
    if fault not in FAULTS:
        hint = did_you_mean(str(fault), FAULTS)
        raise ConfigurationError(Problem("fault", f"{fault!r} is not one of {', '.join(FAULTS)}{hint}"))
    names = {"": ("name", "ttl"), "match": conditions.MATCH, "when": conditions.WHEN}
    names["effect"] = tuple(FAULTS[fault].settings)
    places = {name: place for place in names for name in names[place]}
    parts: dict[str, dict[str, Any]] = {"": {}, "match": {}, "when": {}, "effect": {"fault": fault}}
    for spelled, value in settings.items():
        name = spelled.removesuffix("_")  # from_ and pass_, which are keywords of Python
        if name not in places:
            message = f"unknown setting of {fault}{did_you_mean(name, places)}"
            raise ConfigurationError(Problem(spelled, message))
        parts[places[name]][name] = value
    return {"name": fault, **parts.pop(""), **parts}


def unreachable_rules(rules: Sequence[FaultRule]) -> list[Problem]:
    """Find rules that can never act because another decides the response of every call they match."""
    found = []
    applied = sorted(enumerate(rules), key=lambda numbered: numbered[1].phase == "after")
    for position, (number, rule) in enumerate(applied):
        before = (other for _, other in applied[:position])
        decisive = next((o for o in before if _always_decides(o) and _covers(o, rule)), None)
        if decisive:
            message = f"{rule.name!r} never acts: {decisive.name!r} always decides the response first"
            found.append(Problem(f"faults[{number}]", message))
    return found


def _of_preset(name: str) -> Sequence[Mapping[str, Any]]:
    if name not in FAULT_PRESETS:
        hint = did_you_mean(name, FAULT_PRESETS)
        message = f"{name!r} is not a fault preset{hint}; allowed: {', '.join(FAULT_PRESETS)}"
        raise ConfigurationError(Problem("faults", message))
    return FAULT_PRESETS[name].faults


def _problems(table: Mapping[str, Any]) -> Iterator[Problem]:
    match, effect = table.get("match", {}), table["effect"]
    kind = FAULTS[effect["fault"]]
    if match.get("phase", kind.phases[0]) not in kind.phases:
        allowed = ", ".join(kind.phases)
        message = f"{effect['fault']} cannot act {match['phase']} the operation; allowed: {allowed}"
        yield Problem("match.phase", message)
    yield from _at("match", conditions.match_problems(match))
    yield from _at("when", conditions.when_problems(table.get("when", {})))
    if "ttl" in table and seconds(table["ttl"]) == 0:
        yield Problem("ttl", "must be greater than 0")
    try:
        kind.build(effect)
    except ConfigurationError as error:
        yield from _at("effect", error.problems)


def _at(path: str, found: Iterable[Problem]) -> Iterator[Problem]:
    return (Problem(f"{path}.{problem.path}", problem.message) for problem in found)


def _always_decides(rule: FaultRule) -> bool:
    """Return whether a rule decides the response of every call that it matches, for ever."""
    effect = rule.table["effect"]
    is_permanent = rule.ttl is None and not rule.table.get("when")
    return is_permanent and FAULTS[effect["fault"]].decisive(effect)


def _covers(one: FaultRule, other: FaultRule) -> bool:
    """Return whether `one` certainly matches every call that `other` matches."""
    a, b = (conditions.globs(rule.table.get("match", {})) for rule in (one, other))
    return _within(other.operation, one.operation, conditions.matches_operation) and all(
        b.get(name) == allowed
        if isinstance(allowed, int)
        else name == "operation" or _within(str(b.get(name, "*")), allowed, matches_glob)
        for name, allowed in a.items()
    )


def _within(glob: str, wider: str, matches: Callable[[str, str], bool]) -> bool:
    """Return whether a glob equals another, or matches, as text, one that has only asterisks."""
    return glob == wider or (not set("?[") & set(wider) and matches(glob, wider))
