"""Whether a configuration is valid; if not: which field, its value, and what is allowed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from sm_emulator.auth.verifier import credentials_of
from sm_emulator.catalog import document
from sm_emulator.consistency.build import FAULT_PRESETS, PRESETS, build
from sm_emulator.consistency.validation import of_lag
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.faults.rule import build_rules
from sm_emulator.values import did_you_mean, printable

if TYPE_CHECKING:
    import jsonschema

# Here a value that is wrong may still be a secret
_HIDDEN = "auth.credentials"
_LONGEST_QUOTE = 300
MOST_VALUES = 100_000
_DEEPEST = 64
# jsonschema and json write a wrong text before it is shortened, at some 5 ms for each million characters
_LONGEST_TEXT = 1_000_000
_TYPES = {"object": "an object", "array": "an array", "integer": "an integer", "null": "null"}
# Each of these keywords has one meaning in the schema
_SENTENCES = {
    "not": "seconds and describes exclude each other",
    "uniqueItems": "{shown} contains duplicates",
    "minimum": "{shown} is below the minimum, {limit}",
    "maximum": "{shown} is above the maximum, {limit}",
    "exclusiveMinimum": "{shown} is not above {limit}",
    "minLength": "{shown} is shorter than {limit}",
    "maxLength": "{shown} is longer than {limit}",
    "minItems": "{shown} has fewer than {limit} items",
    "maxItems": "{shown} has more than {limit} items",
    "maxProperties": "{shown} has more than {limit} keys",
}


def validate(tree: Mapping[str, Any]) -> None:
    """Check a whole configuration. Raises ConfigurationError that names every problem."""
    validate_part(tree, "config", "")
    if problems := list(of_lag(tree.get("network", 0), "network")):
        raise ConfigurationError(*problems)
    build(tree.get("consistency", {}))
    build_rules(tree.get("faults", ()))
    credentials_of(tree.get("auth", {}).get("credentials", {}))


def check_size(value: object, path: str) -> None:
    """Raise ConfigurationError for a value that is too large or nested too deep.

    An alias in YAML can refer to itself, or expand to more than any memory.
    """
    level, count = [value], 0
    for _ in range(_DEEPEST):
        keys = chain.from_iterable(part for part in level if isinstance(part, Mapping))
        if any(isinstance(part, str) and len(part) > _LONGEST_TEXT for part in chain(level, keys)):
            message = f"has a text of more than {_LONGEST_TEXT} characters"
            raise ConfigurationError(Problem(path, message))
        inner = chain.from_iterable(
            part.values() if isinstance(part, Mapping) else part
            for part in level
            if isinstance(part, Mapping | list)
        )
        level = list(islice(inner, MOST_VALUES - count + 1))
        count += len(level)
        if not level or count > MOST_VALUES:
            break
    if level:
        message = f"has more than {MOST_VALUES} values, or more than {_DEEPEST} levels"
        raise ConfigurationError(Problem(path, message))


def validate_part(value: object, part: str, path: str | None = None) -> None:
    """Check a value by a definition of the schema ("config": by all of it) alone.

    Raises ConfigurationError that names every problem by its place below `path`, or else below `part`.
    """
    path = part if path is None else path
    check_size(value, path)
    try:
        if _validator(part).is_valid(value):
            return
    except ValueError as error:  # not JSON: bytes, a lone surrogate
        raise ConfigurationError(Problem(path, f"cannot be read: {error}")) from None
    import jsonschema  # noqa: PLC0415  only an invalid configuration pays for it

    errors = list(jsonschema.Draft202012Validator(_schema(part)).iter_errors(value))
    wrong_types = [error.absolute_path for error in errors if error.validator == "type"]
    problems = dict.fromkeys(
        problem
        for error in errors
        # a value of the wrong type breaks other keywords only as a consequence
        if error.validator == "type" or error.absolute_path not in wrong_types
        for problem in _problems(error, _path(path, error.absolute_path))
    )
    if not problems:  # what only jsonschema-rs refuses: NaN, and a newline before the end of a pattern
        refused = next(_validator(part).iter_errors(value))
        problems = {Problem(_path(path, refused.instance_path), refused.message): None}
    raise ConfigurationError(*problems)


@cache
def _schema(part: str) -> dict[str, Any]:
    whole: dict[str, Any] = document("config.schema")
    return whole if part == "config" else {"$ref": f"#/$defs/{part}", "$defs": whole["$defs"]}


@cache
def _validator(part: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema(part))


def _problems(error: jsonschema.ValidationError, path: str) -> Iterator[Problem]:
    value: Any = error.instance
    limit: Any = error.validator_value
    schema: Any = error.schema
    shown = "the value" if path.startswith(_HIDDEN) else _shorten(json.dumps(value, default=str))
    match error.validator:
        case "additionalProperties":
            known = list(schema["properties"])
            for key in sorted(set(value) - set(known)):
                hint = did_you_mean(key, known) or f"; allowed: {', '.join(known)}"
                yield Problem(_path(path, [key]), f"unknown key{hint}")
        case "required":
            for key in limit:
                if key not in value:
                    yield Problem(_path(path, [key]), "is missing")
        case "enum":
            hint = did_you_mean(str(value), map(str, limit))
            yield Problem(path, f"{shown} is not one of {', '.join(map(str, limit))}{hint}")
        case "type":
            names = [limit] if isinstance(limit, str) else limit
            yield Problem(path, f"{shown} is not {' or '.join(_TYPES.get(n, f'a {n}') for n in names)}")
        case "pattern" if "preset" in path:
            yield Problem(path, f"{shown} is not a preset{_presets(value)}")
        case "pattern":
            yield Problem(path, f"{shown} is invalid; allowed: {schema.get('description')}")
        case "oneOf":
            *some, last = [name for part in limit for name in part["required"]]
            yield Problem(path, f"exactly one of {', '.join(some)} and {last} must be given")
        case _:
            yield Problem(path, _SENTENCES[str(error.validator)].format(shown=shown, limit=limit))


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _presets(name: str) -> str:
    """Return which presets are allowed instead of `name`, which is not a consistency preset."""
    if name in FAULT_PRESETS:
        return " of consistency but of faults: use faults, or preset as a short name"
    names = [*(preset.name for preset in PRESETS), *FAULT_PRESETS]
    hint = did_you_mean(name, [known.replace("-miss-N", "-miss-1") for known in names])
    return f"{hint}; allowed: {', '.join(names)}"


def _path(prefix: str, steps: Iterable[str | int]) -> str:
    path = prefix
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            name = _shorten(printable(step))
            path += f".{name}" if path else name
    return path
