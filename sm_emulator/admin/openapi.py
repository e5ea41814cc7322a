"""The admin API described for machines, in OpenAPI 3.1; a test holds it to the routes there are."""

from __future__ import annotations

import json
import re
from typing import Any

from sm_emulator.catalog import document
from sm_emulator.resources import RESOURCES

_SCENARIO = "/_emulator/scenarios/{id}"
_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_GUARANTEES = {"type": "array", "items": {"enum": ["ryw", "mr", "mw", "wfr"]}}
_RULE = {"$ref": "#/components/schemas/fault"}
_RULES = {"$ref": "#/components/schemas/faults"}
_SEED = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_PRESET = {"$ref": "#/components/schemas/consistency/properties/preset"}
_ANYTHING = {"type": "object"}
_LIST = {"type": "array", "items": _ANYTHING}
# What a report may be beside JSON, by its `format`
_REPORTS = ("text/plain", "text/html", "application/xml")
_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "id": ({**_TEXT, "pattern": "^([0-9]{12}|default)$"}, "An account id of 12 digits, or default."),
    "type": ({"enum": [resource.type for resource in RESOURCES]}, "The type of a resource."),
    "name": ({**_TEXT, "minLength": 1}, "The name of a resource, or of a fault rule."),
}
# What is answered with a list; all else is an object
_LISTS = ("settings", "operations", "presets", "scenarios", "faults", "pending", "calls")


def _of(*, required: bool = True, **fields: Any) -> dict[str, Any]:
    """Describe an object of these fields and no others."""
    names = {"required": list(fields)} if required else {}
    return {"type": "object", "properties": fields, "additionalProperties": False, **names}


# Path, verb, what it does, and the body that it takes
_ROUTES: tuple[tuple[str, str, str, dict[str, Any] | None], ...] = (
    ("/_emulator/health", "get", "Status, version and seed.", None),
    ("/_emulator/settings", "get", "Every setting, its value and where it came from.", None),
    ("/_emulator/operations", "get", "The operations of SageMaker, and who implements them.", None),
    ("/_emulator/presets", "get", "The presets, what they do and on what basis.", None),
    ("/_emulator/openapi.json", "get", "This description.", None),
    ("/_emulator/scenarios", "get", "The scenarios there are.", None),
    (_SCENARIO, "get", "Counts, clock, seed, consistency, warnings.", None),
    (
        f"{_SCENARIO}/consistency",
        "put",
        "Use a preset, by name, or a table. What is written keeps its visibility.",
        {"anyOf": [_PRESET, {"$ref": "#/components/schemas/consistency"}]},
    ),
    (f"{_SCENARIO}/seed", "put", "Draw from a seed from now on.", _of(seed=_SEED)),
    (f"{_SCENARIO}/clock", "get", "The mode and the time, in seconds since 1970.", None),
    (
        f"{_SCENARIO}/clock",
        "post",
        "Move a virtual clock; 409 on a real one.",
        _of(advance_seconds={**_NUMBER, "minimum": 0}),
    ),
    (f"{_SCENARIO}/faults", "get", "The fault rules in order, what they met, and why not.", None),
    (f"{_SCENARIO}/faults", "put", "Use these rules, or a preset's, and no others.", _RULES),
    (f"{_SCENARIO}/faults", "post", "Add a rule after all others; 409 if its name is taken.", _RULE),
    (f"{_SCENARIO}/faults", "delete", "Remove all rules.", _ANYTHING),
    (f"{_SCENARIO}/faults/{{name}}", "get", "One rule; with a call in the query: would it act?", None),
    (f"{_SCENARIO}/faults/{{name}}", "put", "Add a rule, or put it in the place of one.", _RULE),
    (f"{_SCENARIO}/faults/{{name}}", "delete", "Remove a rule.", _ANYTHING),
    (f"{_SCENARIO}/settle", "post", "Make everything visible everywhere, now.", _ANYTHING),
    (
        f"{_SCENARIO}/reset",
        "post",
        "Return to the start: empty, first seed, clock, consistency.",
        _ANYTHING,
    ),
    (f"{_SCENARIO}/pending", "get", "What is not yet visible: where, and until when.", None),
    (f"{_SCENARIO}/resources/{{type}}/{{name}}", "get", "What each replica would answer now.", None),
    (f"{_SCENARIO}/history", "get", "Writes and reads with their versions.", None),
    (f"{_SCENARIO}/journal", "get", "The requests that came, newest last.", None),
    (f"{_SCENARIO}/journal", "delete", "Forget the requests that came.", _ANYTHING),
    (f"{_SCENARIO}/calls", "get", "The logical calls: attempts, waits, outcome, who retried.", None),
    (f"{_SCENARIO}/report", "get", "How the client retried, and what it did wrong.", None),
    (
        f"{_SCENARIO}/check",
        "post",
        "Check the history; optionally expect other guarantees.",
        _of(required=False, session=_GUARANTEES),
    ),
)

# Verb and path, and the parameters of its query
_GLOBS = (
    ("operation", _TEXT, "A glob over operations."),
    ("resource", _TEXT, "A glob over names of resources."),
)
_QUERIES: dict[str, tuple[tuple[str, dict[str, Any], str], ...]] = {
    f"get {_SCENARIO}/resources/{{type}}/{{name}}": (
        ("region", _TEXT, "Which region's reads are meant."),
        ("operation", _TEXT, "Which operation's reads are meant."),
    ),
    f"get {_SCENARIO}/journal": (
        *_GLOBS,
        ("status", {"type": "integer"}, "An HTTP status."),
        ("since", _NUMBER, "A time in seconds since 1970, by the scenario's clock."),
        ("after", {"type": "integer"}, "The `next` of the page before."),
        ("limit", {"type": "integer", "maximum": 1000, "default": 1000}, "At most so many."),
    ),
    f"get {_SCENARIO}/calls": _GLOBS,
    f"get {_SCENARIO}/report": (
        ("format", {"enum": ["json", "text", "html", "junit"], "default": "json"}, "How it is written."),
        ("max_attempts", {"type": "integer", "default": 10}, "More at one thing are too many."),
    ),
    f"get {_SCENARIO}/faults/{{name}}": (
        ("operation", _TEXT, "Would the rule act on such a call? Other names are headers of it."),
        ("resource", _TEXT, "What that call acts on."),
        ("region", _TEXT, "Its region."),
        ("session", _TEXT, "Its session."),
        ("attempt", {"type": "integer"}, "The number of its attempt."),
    ),
}

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "path"],
            "properties": {"code": _TEXT, "message": _TEXT, "path": {"type": ["string", "null"]}},
        }
    },
}


def describe(version: str) -> dict[str, Any]:
    """Describe every route, with the schema of `consistency` as the configuration file has it."""
    paths: dict[str, dict[str, Any]] = {}
    for path, verb, summary, body in _ROUTES:
        paths.setdefault(path, {})[verb] = _operation(verb, path, summary, body)
    definitions = json.dumps(document("config.schema")["$defs"])
    schemas = json.loads(definitions.replace("#/$defs/", "#/components/schemas/"))
    return {
        "openapi": "3.1.0",
        "info": {"title": "sm-emulator admin API", "version": version},
        "paths": paths,
        "components": {"schemas": {**schemas, "error": _ERROR}},
    }


def _operation(verb: str, path: str, summary: str, body: dict[str, Any] | None) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": schema, "description": description}
        for name in re.findall(r"{(\w+)}", path)
        for schema, description in (_PARAMETERS[name],)
    ]
    parameters += [
        {"name": name, "in": "query", "schema": schema, "description": description}
        for name, schema, description in _QUERIES.get(f"{verb} {path}", ())
    ]
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}}
    content: dict[str, Any] = {
        "application/json": {"schema": _LIST if path.endswith(_LISTS) else _ANYTHING}
    }
    if path.endswith("report"):
        content |= {kind: {"schema": _TEXT} for kind in _REPORTS}
    operation: dict[str, Any] = {
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done.", "content": content},
            "default": {"description": "Refused; nothing changed.", **error},
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation
