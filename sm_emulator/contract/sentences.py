"""Violated constraints in the service's own sentences. Imported only to explain a refusal.

The grammar is that of Coral, AWS's service framework, as read in transcripts of SageMaker:
`2 validation errors detected: Value 'x' at 'modelName' failed to satisfy constraint: …; Value …`.
The order of several errors is unproven: compare them as a set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache, reduce
from typing import Any

import jsonschema
import jsonschema_rs

# DynamoDB lists ten at most (architect/dynalite); unproven for SageMaker
_MOST = 10
_SENTENCES: Mapping[str, str] = {
    "maxLength": "Member must have length less than or equal to {}",
    "maxItems": "Member must have length less than or equal to {}",
    "maxProperties": "Member must have length less than or equal to {}",
    "minLength": "Member must have length greater than or equal to {}",
    "minItems": "Member must have length greater than or equal to {}",
    "minProperties": "Member must have length greater than or equal to {}",
    "maximum": "Member must have value less than or equal to {}",
    "minimum": "Member must have value greater than or equal to {}",
    "x-aws-pattern": "Member must satisfy regular expression pattern: {}",
}
# Of a sensitive value nothing is told (aws/aws-sdk-js#4203)
_SECRET = object()
_NOT_NULL = "Member must not be null"


def explain(schema: dict[str, Any], request: object) -> str:
    """Phrase all constraints of `schema` that `request` violates; there is at least one."""
    items: dict[str, None] = {}
    for error in _Validator(schema).iter_errors(request):
        items.update(dict.fromkeys(_items(error, request)))
    shown = list(items)[:_MOST]
    noun = "error" if len(shown) == 1 else "errors"
    return f"{len(shown)} validation {noun} detected: " + "; ".join(shown)


def enum_order(values: Iterable[str]) -> list[str]:
    """Order an enum as the service prints it, out of the model's order.

    By `String.hashCode() & 31`, ties reversed: found on four lists of 26 to 66 values that SageMaker
    printed between 2018 and 2023, and exact on all four.
    """
    position = {value: i for i, value in enumerate(values)}
    return sorted(position, key=lambda value: (_java_hash(value) & 31, -position[value]))


def _java_hash(text: str) -> int:
    return reduce(lambda h, character: (31 * h + ord(character)) & 0xFFFFFFFF, text, 0)


@cache
def _matcher(pattern: str) -> Callable[[object], bool]:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid


def _pattern(
    _validator: object, pattern: str, instance: object, _schema: object
) -> Iterator[jsonschema.ValidationError]:
    """Match with the engine that accepts requests, so that both always agree."""
    if not _matcher(pattern)(instance):
        yield jsonschema.ValidationError("pattern")


_Validator = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"pattern": _pattern}
)


def _items(error: jsonschema.ValidationError, request: object) -> Iterator[str]:
    path = list(error.absolute_path)
    steps = list(error.absolute_schema_path)
    schema: Mapping[str, Any] = error.schema  # type: ignore[assignment]  # never a boolean here
    if error.instance is None:  # a null in a list, which other constraints need not be told of
        yield _item(None, path, _NOT_NULL)
    elif error.validator == "required":
        for name in schema["required"]:
            if name not in _at(request, path):
                yield _item(None, [*path, name], _NOT_NULL)
    elif "propertyNames" in steps:
        yield _item(_at(request, path), path, f"Map keys must satisfy constraint: {_all(schema)}")
    elif steps[-2] == "additionalProperties":
        whole = path[:-1]
        sentence = f"Map value must satisfy constraint: {_all(schema)}"
        yield _item(_at(request, whole), whole, sentence)
    elif steps[-2] == "items" and schema["type"] == "string":
        whole = path[:-1]
        yield _item(_at(request, whole), whole, f"Member must satisfy constraint: {_all(schema)}")
    else:
        value = _SECRET if schema.get("x-aws-sensitive") else error.instance
        yield _item(value, path, _sentence(schema, str(error.validator)))


def _at(request: Any, path: Iterable[str | int]) -> Any:
    return reduce(lambda value, step: value[step], path, request)


def _item(value: object, path: Iterable[str | int], sentence: str) -> str:
    shown = " null" if value is None else "" if value is _SECRET else f" '{_java(value)}'"
    where = ".".join(
        f"{step + 1}.member" if isinstance(step, int) else step[:1].lower() + step[1:] for step in path
    )
    return f"Value{shown} at '{where}' failed to satisfy constraint: {sentence}"


def _sentence(schema: Mapping[str, Any], keyword: str) -> str:
    if keyword == "enum":
        return f"Member must satisfy enum value set: [{', '.join(enum_order(schema['enum']))}]"
    keyword = "x-aws-pattern" if keyword == "pattern" else keyword
    return _SENTENCES[keyword].format(schema[keyword])


def _all(schema: Mapping[str, Any]) -> str:
    """List every constraint of an element, as the service does for keys and elements (EventBridge)."""
    keywords = [keyword for keyword in (*_SENTENCES, "enum") if keyword in schema]
    return f"[{', '.join(_sentence(schema, keyword) for keyword in keywords)}]"


def _java(value: object) -> str:
    """Render a value as Java's `toString` does; the form of structures is a guess."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return _java_double(value)
        case list():
            return f"[{', '.join(map(_java, value))}]"
        case dict():
            return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)


def _java_double(value: float) -> str:
    if value == 0 or 1e-3 <= abs(value) < 1e7:  # noqa: PLR2004  Double.toString's own bounds
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    fraction = "".join(map(str, digits[1:])).rstrip("0") or "0"
    power = int(exponent) + len(digits) - 1
    return f"{'-' * sign}{digits[0]}.{fraction}E{power}"
