"""What a route of the admin API declares of its requests, and what its handler receives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sm_emulator.control import Control, Scenario
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.values import MAX_GLOB

Schema = Mapping[str, Any]
OBJECT: Schema = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter of the query: a text, or a number of `least` or more. `allowed` lists its values."""

    name: str
    description: str
    type: type[str | int | float] = str
    least: int = 0
    allowed: tuple[str, ...] = ()

    def read(self, text: str) -> str | float:
        """Return the value of a text. Raises ConfigurationError."""
        if self.allowed and text not in self.allowed:
            raise self._problem(f"{text!r} is not one of {', '.join(self.allowed)}")
        if len(text) > MAX_GLOB:
            raise self._problem(f"is {len(text)} characters long; allowed: at most {MAX_GLOB}")
        try:
            value = self.type(text)
        except ValueError:
            raise self._problem(f"{text!r} is not a number") from None
        if not isinstance(value, str) and not value >= self.least:  # nor is nan
            raise self._problem(f"{text} is less than {self.least}")
        return value

    def _problem(self, message: str) -> ConfigurationError:
        return ConfigurationError(Problem(self.name, message))


@dataclass
class AdminRequest:
    """The arguments of a handler. `query` has the declared parameters, `others` the rest.

    `creates`: the scenario that the path names is created if there is none; otherwise it is only read.
    """

    control: Control
    path: Mapping[str, str]
    query: dict[str, Any]
    others: Mapping[str, str]
    body: Any
    creates: bool

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario that the path names."""
        find = self.control.scenario if self.creates else self.control.peek
        return find(self.path["id"])


@dataclass(frozen=True, slots=True)
class Text:
    """A result that is not JSON."""

    content: str
    media_type: str


class Route(NamedTuple):
    """One verb on one path. `result` and `body` are JSON schemas; without a `body`, none is read.

    `example` shows a body in the documentation; `texts` are further media types of the result.
    """

    verb: str
    path: str
    summary: str
    handler: Callable[[AdminRequest], Any]
    result: Schema = OBJECT
    body: Schema | None = None
    example: str = ""
    query: tuple[Query, ...] = ()
    texts: tuple[str, ...] = ()
