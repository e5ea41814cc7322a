"""The OpenAPI 3.1 description of the admin API, from its routes and the fields of an exchange.

`generate_config.py` writes it to schemas/openapi.json; the emulator adds its version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from sm_emulator.admin.route import Route
from sm_emulator.admin.routes import ROUTES
from sm_emulator.journal.exchange import MEMBERS, Exchange, ReadSummary
from sm_emulator.resources import RESOURCES

_TEXT = {"type": "string"}
_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "id": ({**_TEXT, "pattern": "^([0-9]{12}|default)$"}, "An account id of 12 digits, or default."),
    "type": ({"enum": [resource.type for resource in RESOURCES]}, "The type of a resource."),
    "name": ({**_TEXT, "minLength": 1}, "The name of a resource, or of a fault rule."),
}
_MEMBERS = {"code": _TEXT, "message": _TEXT, "path": {"type": ["string", "null"]}}
_ERROR = {"type": "object", "required": list(_MEMBERS), "properties": _MEMBERS}
_ERRORS = {"type": "object", "required": ["error"], "properties": {"error": _ERROR}}
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def describe(definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of every route. `definitions` are those of the configuration's schema."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(f"/_emulator{route.path}", {})[route.verb] = _operation(route)
    schemas = json.loads(json.dumps(definitions).replace("#/$defs/", "#/components/schemas/"))
    return {
        "openapi": "3.1.0",
        "info": {"title": "sm-emulator admin API"},
        "paths": paths,
        "components": {"schemas": {**schemas, "error": _ERRORS, "exchange": _exchange()}},
    }


def _operation(route: Route) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": schema, "description": description}
        for name in re.findall(r"{(\w+)}", route.path)
        for schema, description in (_PARAMETERS[name],)
    ]
    parameters += [
        {"name": query.name, "in": "query", "schema": query.schema, "description": query.description}
        for query in route.query
    ]
    content: dict[str, Any] = {kind: {"schema": _TEXT} for kind in route.texts}
    content["application/json"] = {"schema": route.result}
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}
    operation: dict[str, Any] = {
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done.", "content": content},
            "default": {"description": "Refused; nothing changed.", "content": error},
        },
    }
    if route.body is not None:
        body = {"content": {"application/json": {"schema": route.body}}}
        operation["requestBody"] = {"required": bool(route.body.get("required", True)), **body}
    return operation


def _exchange() -> dict[str, Any]:
    """Return the schema of an exchange in JSON, from the types of its fields."""
    hints = get_type_hints(Exchange)
    members = {f.name: _schema(hints[f.name]) for f in fields(Exchange) if f.name in MEMBERS}
    members |= {"outcome": _TEXT, "stale": {"type": "boolean"}}
    bodies = {"request": _TEXT, "response": _TEXT}
    return {"type": "object", "required": list(members), "properties": {**members, **bodies}}


def _schema(hint: Any) -> dict[str, Any]:
    if hint is ReadSummary:
        members = {name: _schema(type_) for name, type_ in get_type_hints(hint).items()}
        return {"type": "object", "required": list(members), "properties": members}
    if hint in _TYPES:
        return {"type": _TYPES[hint]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema(get_args(hint)[0])}
    if isinstance(get_args(hint)[0], str):  # a Literal
        return {"enum": list(get_args(hint))}
    return {"anyOf": [_schema(part) for part in get_args(hint)]}
