"""Is a configuration valid, and if not: where, what stands there, and what is allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from sm_emulator.auth import credentials_of
from sm_emulator.catalog import document
from sm_emulator.consistency.build import build
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.faults import FAULT_PRESETS, build_rules
from sm_emulator.values import did_you_mean

if TYPE_CHECKING:
    import jsonschema


def validate(tree: object) -> None:
    """Check a whole configuration. Raises ConfigurationError that names every problem."""
    _validate(tree, "config", "")
    if isinstance(tree, Mapping) and "consistency" in tree:
        build(tree["consistency"])
    if isinstance(tree, Mapping) and "faults" in tree:
        build_rules(tree["faults"])
    if isinstance(tree, Mapping) and "auth" in tree:
        credentials_of(tree["auth"].get("credentials", {}))


def validate_consistency(table: object) -> None:
    """Check a `consistency` table alone, as the admin API takes it. Raises ConfigurationError."""
    _validate(table, "consistency", "consistency")


def validate_faults(rules: object) -> None:
    """Check a list of fault rules alone, or the name of a preset. Raises ConfigurationError."""
    _validate(rules, "faults", "faults")


def _validate(value: object, part: str, path: str) -> None:
    schema = _schema(part)
    if not _accepts(part).is_valid(value):
        import jsonschema  # noqa: PLC0415  only a refusal pays for it

        errors = jsonschema.Draft202012Validator(schema).iter_errors(value)
        problems = dict.fromkeys(p for error in errors for p in _problems(error, path))
        raise ConfigurationError(*problems)


@cache
def _schema(part: str) -> dict[str, Any]:
    whole: dict[str, Any] = document("config.schema")
    return whole if part == "config" else {"$ref": f"#/$defs/{part}", "$defs": whole["$defs"]}


@cache
def _accepts(part: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema(part))


def _problems(error: jsonschema.ValidationError, prefix: str) -> Iterator[Problem]:
    path = _path(prefix, error.absolute_path)
    value: Any = error.instance
    allowed: Any = error.validator_value
    schema: Mapping[str, Any] = error.schema  # type: ignore[assignment]  # never a boolean here
    shown = "the value" if path.startswith(_HIDDEN) else json.dumps(value, default=str)
    match error.validator:
        case "additionalProperties":
            known = list(schema["properties"])
            for key in sorted(set(value) - set(known)):
                hint = did_you_mean(key, known) or f"; allowed: {', '.join(known)}"
                yield Problem(_path(path, [key]), f"there is no such key{hint}")
        case "required":
            for key in allowed:
                if key not in value:
                    yield Problem(_path(path, [key]), "is missing")
        case "enum":
            hint = did_you_mean(str(value), map(str, allowed))
            yield Problem(path, f"{shown} is not one of {', '.join(map(str, allowed))}{hint}")
        case "type":
            names = [allowed] if isinstance(allowed, str) else allowed
            yield Problem(path, f"{shown} is not {' or '.join(_ARTICLES[n] for n in names)}")
        case "pattern" if "preset" in path:
            yield Problem(path, f"{shown} is no preset{_other_presets(value)}")
        case "pattern":
            yield Problem(path, f"{shown} does not fit; allowed: {schema.get('description')}")
        case "oneOf":
            *some, last = [name for part in allowed for name in part["required"]]
            yield Problem(path, f"exactly one of {', '.join(some)} and {last} must be given")
        case keyword if keyword in _SENTENCES:
            yield Problem(path, _SENTENCES[keyword].format(shown=shown))
        case keyword:
            yield Problem(path, f"{shown} is {_BOUNDS[str(keyword)]} {allowed}")


def _other_presets(name: str) -> str:
    """Tell what presets there are beside `name`, which is none of consistency."""
    from sm_emulator.consistency.presets import PRESETS  # noqa: PLC0415  only a refusal needs it

    of_faults = [preset.name for preset in FAULT_PRESETS]
    if name in of_faults:
        return f" of consistency: it is one of faults; give it to faults, or as preset={name}"
    names = [*(preset.name for preset in PRESETS), *of_faults]
    return f"; there are {', '.join(names)}{did_you_mean(name, names)}"


# Where a value that is wrong may be a secret all the same
_HIDDEN = "auth.credentials"
_ARTICLES = {
    "object": "a table",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
# Each of these keywords means one thing in the schema
_SENTENCES = {
    "not": "seconds and describes exclude each other",
    "uniqueItems": "{shown} holds something twice",
}
_BOUNDS = {
    "minimum": "below the least allowed,",
    "maximum": "above the most allowed,",
    "exclusiveMinimum": "not above",
    "minLength": "shorter than",
    "maxLength": "longer than",
    "minItems": "shorter than",
    "maxItems": "longer than",
}


def _path(prefix: str, steps: Any) -> str:
    path = prefix
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else str(step)
    return path
