"""From the `faults` list of a configuration to rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.faults import match as matching
from sm_emulator.faults import when as whens
from sm_emulator.faults.presets import FAULT_PRESETS
from sm_emulator.faults.registry import FAULTS, FaultFunction, Phase
from sm_emulator.values import did_you_mean, seconds
from sm_emulator.wire.call import Call

# A list of rules in the words of the configuration, or the name of a preset
FaultSpec = Sequence[Mapping[str, Any]] | str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `table` is what it was built of, `make` makes what strikes, `ttl` is in seconds.

    It is about calls whose operation falls under the glob `operation` and whose caller passes `callers`;
    of these, `tests` are asked in order.
    """

    name: str
    phase: Phase
    operation: str
    callers: matching.Tests
    tests: matching.Tests
    when: whens.When
    ttl: float | None
    make: Callable[[], FaultFunction]
    table: Mapping[str, Any]

    def excludes(self, call: Call) -> matching.Refusal | None:
        """Name the condition by which no such operation of that caller is meant, and why.

        It looks at nothing else of a call.
        """
        if not matching.concerns(self.operation, call.operation):
            return "operation", matching.mismatch(self.operation, call.operation)
        return matching.refusal(self.callers, call)


def build_rules(wanted: FaultSpec) -> list[Rule]:
    """Build the rules that a list, valid by the schema, describes, or the preset that it names.

    Raises ConfigurationError where there is no such preset or the rules contradict themselves.
    """
    tables = _of_preset(wanted) if isinstance(wanted, str) else wanted
    problems = [
        problem for i, table in enumerate(tables) for problem in _problems(table, f"faults[{i}]")
    ]
    names: set[str] = set()
    for i, table in enumerate(tables):
        if table["name"] in names:
            problems.append(Problem(f"faults[{i}].name", f"{table['name']!r} names two rules"))
        names.add(table["name"])
    if problems:
        raise ConfigurationError(*problems)
    return [_rule(table) for table in tables]


def _of_preset(name: str) -> Sequence[Mapping[str, Any]]:
    named = {preset.name: preset.faults for preset in FAULT_PRESETS}
    if name not in named:
        message = (
            f"{name!r} is no preset of faults; there are {', '.join(named)}{did_you_mean(name, named)}"
        )
        raise ConfigurationError(Problem("faults", message))
    return named[name]


def _rule(table: Mapping[str, Any]) -> Rule:
    effect = table["effect"]
    fault = FAULTS[effect["fault"]]
    match = table.get("match", {})
    return Rule(
        name=table["name"],
        phase=match.get("phase", fault.phases[0]),
        operation=match.get("operation", "*"),
        callers=matching.callers(match),
        tests=matching.tests(match),
        when=whens.when(table.get("when", {})),
        ttl=seconds(table["ttl"]) if "ttl" in table else None,
        make=partial(fault.make, effect),
        table=table,
    )


def _problems(table: Mapping[str, Any], path: str) -> Iterator[Problem]:
    match = table.get("match", {})
    kind = table["effect"]["fault"]
    fault = FAULTS[kind]
    if match.get("phase", fault.phases[0]) not in fault.phases:
        message = f"{kind} cannot act {match['phase']} the operation; allowed: {', '.join(fault.phases)}"
        yield Problem(f"{path}.match.phase", message)
    yield from _at(f"{path}.match", matching.contradictions(match))
    yield from _at(f"{path}.when", whens.contradictions(table.get("when", {})))
    if "ttl" in table and seconds(table["ttl"]) == 0:
        yield Problem(f"{path}.ttl", "0 is over before it begins")
    try:
        fault.make(table["effect"])
    except ConfigurationError as error:
        yield from _at(f"{path}.effect", error.problems)


def _at(path: str, problems: Iterator[Problem] | Sequence[Problem]) -> Iterator[Problem]:
    return (Problem(f"{path}.{problem.path}", problem.message) for problem in problems)
