"""What two runs of a program under no schedule differ in by themselves: names, and members."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sm_emulator.explore.run import Run, State
from sm_emulator.journal.exchange import Exchange
from sm_emulator.resources import type_and_name
from sm_emulator.schedule.causes import Label
from sm_emulator.schedule.script import Point
from sm_emulator.wire.call import type_of

# Times differ as soon as a program waits a little longer
_TIME = re.compile(r'("[A-Za-z]*Time":)[0-9.e+]+')
_KEY = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_ALIASED = re.compile(r"\w+\((?:[\w-]+/)?(\w+~\d+)\)#\d+")
_Path = tuple[str, ...]
# An exchange as far as two runs of the same requests have it in common
Step = tuple[object, ...]


@dataclass(frozen=True)
class Mask:
    """The names that two runs have in common, and the members of resources that differ in them.

    `names` are keys as "EndpointConfig(cfg)"; any other name is written as an alias, in the order of the
    first appearance of its type's names: `EndpointConfig~2`. `members` are paths, from the type on.
    """

    names: frozenset[str]
    members: frozenset[_Path] = frozenset()

    def points(self, run: Run) -> list[Point]:
        """Return the points of a run, with aliases."""
        aliases = self._aliases(run)
        return [_renamed(point, aliases) for point in run.points]

    def steps(self, run: Run) -> list[Step]:
        """Return the history of a run, without its times."""
        rename = _renamer(self._aliases(run))
        return [_step(exchange, rename) for exchange in run.exchanges]

    def state(self, run: Run, state: State) -> dict[str, dict[str, Any]]:
        """Return resources with aliases, without times and the members that differ by themselves."""
        rename = _renamer(self._aliases(run))
        return {
            rename(key): {
                name: self._masked(value, (key.partition("(")[0], name), rename)
                for name, value in members.items()
                if not name.endswith("Time") and (key.partition("(")[0], name) not in self.members
            }
            for key, members in state.items()
        }

    def _masked(self, value: Any, path: _Path, rename: Callable[[str], str]) -> Any:
        if isinstance(value, str):
            return rename(value)
        if isinstance(value, list):
            return [self._masked(item, (*path, "*"), rename) for item in value]
        if isinstance(value, dict):
            return {
                name: self._masked(item, (*path, name), rename)
                for name, item in value.items()
                if (*path, name) not in self.members and not name.endswith("Time")
            }
        return value

    def _aliases(self, run: Run) -> dict[str, str]:
        """Return the aliases of the names in a run that are not common: by key."""
        seen: dict[str, list[str]] = {}
        for key in _keys(run.points):
            names = seen.setdefault(key.partition("(")[0], [])
            if key not in names:
                names.append(key)
        aliases = {
            key: f"{type_}~{number}"
            for type_, keys in seen.items()
            for number, key in enumerate(keys, 1)
            if key not in self.names
        }
        return aliases | dict(_named_by_schedule(run))


def learn(first: Run, second: Run) -> Mask:
    """Return what two runs under no schedule have in common."""
    everywhere = [{*_keys(run.points), *run.at_exit, *run.settled} for run in (first, second)]
    mask = Mask(frozenset(everywhere[0] & everywhere[1]))
    differing: set[_Path] = set()
    for name in ("at_exit", "settled"):
        one, other = (mask.state(run, getattr(run, name)) for run in (first, second))
        for key in one.keys() & other.keys():
            differing.update(_differences(one[key], other[key], (key.partition("(")[0],)))
    return replace(mask, members=frozenset(differing))


def _keys(points: tuple[Point, ...]) -> Iterator[str]:
    """Yield the resources that the points name, in their order."""
    for point in points:
        if key := _key(point.label):
            yield key
        if point.subject:
            yield point.subject


def _named_by_schedule(run: Run) -> Iterator[tuple[str, str]]:
    """Yield the resources for which the labels of a run have aliases already, and these."""
    for exchange in run.exchanges:
        if found := _ALIASED.fullmatch(exchange.place):
            name = exchange.resource.rpartition("/")[2]
            yield f"{found[1].partition('~')[0]}({name})", found[1]


def _key(label: Label) -> str:
    """Return the resource that a label names as "EndpointConfig(cfg)", "" where it names none."""
    type_, name = type_of(label.operation), label.resource
    if not type_:
        type_, name = type_and_name(name)
    return f"{type_}({name})" if type_ and name else ""


def _renamed(point: Point, aliases: Mapping[str, str]) -> Point:
    label = point.label
    resource = label.resource
    if alias := aliases.get(_key(label)):  # of tags: after the segment of an ARN
        segment = "" if type_of(label.operation) else f"{resource.partition('/')[0]}/"
        resource = f"{segment}{alias}"
    subject = point.subject
    if subject and subject in aliases:
        subject = f"{subject.partition('(')[0]}({aliases[subject]})"
    return replace(point, label=Label(label.operation, resource, label.number), subject=subject)


def _renamer(aliases: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that writes aliases for names, wherever a text has them."""
    names = {found[2]: alias for key, alias in aliases.items() if (found := _KEY.fullmatch(key))}
    if not names:
        return lambda text: text
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
    folded = {name.lower(): alias for name, alias in names.items()}
    return lambda text: pattern.sub(lambda match: folded[match[0].lower()], text)


def _step(exchange: Exchange, rename: Callable[[str], str]) -> Step:
    answer = exchange.bodies[1].decode(errors="replace") if exchange.bodies else ""
    return (
        exchange.operation,
        rename(exchange.resource),
        exchange.status,
        exchange.code,
        rename(exchange.message),
        exchange.delivery,
        tuple((read.surface, read.stale) for read in exchange.reads),
        rename(_TIME.sub(r"\1", answer)),
    )


def _differences(one: Any, other: Any, path: _Path) -> Iterator[_Path]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one.keys() | other.keys():
            yield from _differences(one.get(name), other.get(name), (*path, name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for item, its in zip(one, other, strict=True):
            yield from _differences(item, its, (*path, "*"))
    elif one != other:
        yield path
