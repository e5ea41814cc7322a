"""What a route of the admin API consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sm_emulator.control.control import Control
from sm_emulator.control.scenario import Scenario
from sm_emulator.values import MAX_GLOB

Schema = dict[str, Any]
OBJECT: Schema = {"type": "object"}
STRING: Schema = {"type": "string", "maxLength": MAX_GLOB}


class Query(NamedTuple):
    """A parameter of the query: a string or a number, as its schema says."""

    name: str
    description: str
    schema: Schema = STRING


class AdminRequest(NamedTuple):
    """The arguments of a handler. `query` has the declared parameters, `others` the rest.

    `creates`: the scenario that the path names is created if there is none; otherwise it is only read.
    """

    control: Control
    path: Mapping[str, str]
    query: dict[str, Any]
    others: Mapping[str, str]
    body: Any
    creates: bool

    @property
    def scenario(self) -> Scenario:
        """The scenario that the path names."""
        find = self.control.scenario if self.creates else self.control.peek
        return find(self.path["id"])


class Text(NamedTuple):
    """A result that is not JSON."""

    content: str
    media_type: str


Handler = Callable[[AdminRequest], Any]


class Route(NamedTuple):
    """One verb on one path. `result` and `body` are JSON schemas; without a `body`, none is read.

    `example` shows a body in the documentation; `texts` are further media types of the result.
    """

    verb: str
    path: str
    summary: str
    handler: Handler
    result: Schema = OBJECT
    body: Schema | None = None
    example: str = ""
    query: tuple[Query, ...] = ()
    texts: tuple[str, ...] = ()


def of(*required: str, **members: Any) -> Schema:
    """Return the schema of an object with these members and no others."""
    return {"type": "object", "properties": members, "additionalProperties": False, "required": required}


def component(name: str) -> Schema:
    """Return a reference to a schema that several routes have in common."""
    return {"$ref": f"#/components/schemas/{name}"}
