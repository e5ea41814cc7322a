"""Violated constraints in the service's own sentences. Imported only to explain a refusal.

The grammar is that of Coral, AWS's service framework, as read in transcripts of SageMaker:
`2 validation errors detected: Value 'x' at 'modelName' failed to satisfy constraint: …; Value …`.
The order of several errors is unproven: compare them as a set.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache, reduce
from itertools import islice
from typing import Any

import jsonschema_rs
import orjson

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]


@cache
def _matcher(schema: bytes) -> Callable[[object], bool]:
    """Return a match by the engine that accepts requests, so that both always agree."""
    return jsonschema_rs.Draft202012Validator(orjson.loads(schema)).is_valid


# DynamoDB lists ten at most (architect/dynalite); unproven for SageMaker
_MOST = 10
# Longer values are cut, so that an answer does not repeat a large request; AWS's limit is not known
_QUOTED = 16_384
# Longer values are not matched: every pattern comes with a smaller maximum of the length
_MATCHED = 65_536
_LENGTHS = "Length", "Items", "Properties"
_SENTENCES: Mapping[str, str] = {
    **{f"max{what}": "Member must have length less than or equal to {}" for what in _LENGTHS},
    **{f"min{what}": "Member must have length greater than or equal to {}" for what in _LENGTHS},
    "maximum": "Member must have value less than or equal to {}",
    "minimum": "Member must have value greater than or equal to {}",
    "x-aws-pattern": "Member must satisfy regular expression pattern: {}",
}
_VIOLATED: Mapping[str, Callable[[Any, Any], bool]] = {
    **{f"max{what}": lambda value, bound: len(value) > bound for what in _LENGTHS},
    **{f"min{what}": lambda value, bound: len(value) < bound for what in _LENGTHS},
    "maximum": lambda value, bound: value > bound,
    "minimum": lambda value, bound: value < bound,
    "pattern": lambda value, bound: (
        len(value) <= _MATCHED and not _matcher(orjson.dumps({"pattern": bound}))(value)
    ),
    "enum": lambda value, bound: value not in bound,
}
# Sensitive values are not quoted (aws/aws-sdk-js#4203)
_SECRET = object()
_NOT_NULL = "Member must not be null"


def explain(schema: Schema, request: object) -> str:
    """Return a text that names the first ten constraints of `schema` that `request` violates."""
    violations = islice(_violations(schema["$defs"], schema, request, ()), _MOST)
    items = [_item(value, path, sentence) for path, sentence, value in violations]
    noun = "error" if len(items) == 1 else "errors"
    return f"{len(items)} validation {noun} detected: " + "; ".join(items)


def enum_order(values: Iterable[str]) -> list[str]:
    """Order an enum as the service prints it, which is not the model's order.

    By `String.hashCode() & 31`, ties reversed: found on four lists of 26 to 66 values that SageMaker
    printed between 2018 and 2023, and exact on all four.
    """
    position = {value: i for i, value in enumerate(values)}
    return sorted(position, key=lambda value: (_java_hash(value) & 31, -position[value]))


def _java_hash(text: str) -> int:
    return reduce(lambda h, character: (31 * h + ord(character)) & 0xFFFFFFFF, text, 0)


def _violations(
    definitions: Mapping[str, Schema], reference: Schema, value: Any, path: Path
) -> Iterator[tuple[Path, str, Any]]:
    """Yield path, sentence and quoted value of each violation, in the order of the schema.

    Every value is visited one time only, so the time is linear in the size of the request.
    """
    schema = _resolve(definitions, reference)
    quoted = _SECRET if schema.get("x-aws-sensitive") else value
    for keyword, bound in schema.items():
        match keyword:
            case "properties":
                for name in filter(value.__contains__, bound):
                    yield from _violations(definitions, bound[name], value[name], (*path, name))
            case "required":
                for name in bound:
                    if name not in value:
                        yield (*path, name), _NOT_NULL, None
            case "items":
                yield from _elements(definitions, bound, value, path)
            case "propertyNames":
                if not _satisfy(schema_of := _resolve(definitions, bound), value):
                    yield path, f"Map keys must satisfy constraint: {_all(schema_of)}", value
            case "additionalProperties":
                if not _satisfy(schema_of := _resolve(definitions, bound), value.values()):
                    yield path, f"Map value must satisfy constraint: {_all(schema_of)}", value
            case _ if keyword in _VIOLATED and _VIOLATED[keyword](value, bound):
                yield path, _sentence(schema, keyword), quoted


def _elements(
    definitions: Mapping[str, Schema], reference: Schema, value: list[Any], path: Path
) -> Iterator[tuple[Path, str, Any]]:
    """Yield the violations of a list's elements; those of all strings in it are one item."""
    schema = _resolve(definitions, reference)
    for i, element in enumerate(value):
        if element is None:
            yield (*path, i), _NOT_NULL, None
        elif schema["type"] != "string":
            yield from _violations(definitions, reference, element, (*path, i))
    if schema["type"] == "string" and not _satisfy(schema, (e for e in value if e is not None)):
        yield path, f"Member must satisfy constraint: {_all(schema)}", value


def _resolve(definitions: Mapping[str, Schema], reference: Schema) -> Schema:
    return definitions[reference["$ref"].removeprefix("#/$defs/")]


def _satisfy(schema: Schema, values: Iterable[Any]) -> bool:
    checked = {keyword: schema[keyword] for keyword in _VIOLATED if keyword in schema}
    return _matcher(orjson.dumps({"items": checked}))(list(values))


def _item(value: object, path: Path, sentence: str) -> str:
    shown = " null" if value is None else "" if value is _SECRET else f" '{_java(value)[:_QUOTED]}'"
    where = ".".join(
        f"{step + 1}.member" if isinstance(step, int) else step[:1].lower() + step[1:] for step in path
    )
    return f"Value{shown} at '{where}' failed to satisfy constraint: {sentence}"


def _sentence(schema: Schema, keyword: str) -> str:
    if keyword == "enum":
        return f"Member must satisfy enum value set: [{', '.join(enum_order(schema['enum']))}]"
    keyword = "x-aws-pattern" if keyword == "pattern" else keyword
    return _SENTENCES[keyword].format(schema[keyword])


def _all(schema: Schema) -> str:
    """List every constraint of an element, as the service does for keys and elements (EventBridge)."""
    keywords = [keyword for keyword in (*_SENTENCES, "enum") if keyword in schema]
    return f"[{', '.join(_sentence(schema, keyword) for keyword in keywords)}]"


def _java(value: object) -> str:
    """Render the start of a value as Java's `toString` does; the form of structures is a guess."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return _java_double(value)
        case list():
            return f"[{_start(_java(item) for item in value)}]"
        case dict():
            return "{" + _start(f"{key[:_QUOTED]}={_java(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)[:_QUOTED]


def _start(items: Iterable[str]) -> str:
    """Join items up to the length that is quoted."""
    length, joined = 0, []
    for item in items:
        joined.append(item)
        length += len(item)
        if length > _QUOTED:
            break
    return ", ".join(joined)


def _java_double(value: float) -> str:
    if value == 0 or 1e-3 <= abs(value) < 1e7:  # noqa: PLR2004  Double.toString's own bounds
        return repr(value)
    digits, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{digits}{'' if '.' in digits else '.0'}E{int(exponent)}"
