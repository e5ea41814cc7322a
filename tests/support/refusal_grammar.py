"""The service's grammar of refusals, written a second time: from botocore's model, not from our schemas.

For each member of an operation's input it gives wrong values and, for each, the refusal that follows
from the grammar (what was observed of the framework is listed in docs/limits.md, with what was not).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, permutations
from typing import Any

import botocore.session
from botocore.model import Shape

MODEL = botocore.session.Session().get_service_model("sagemaker")
NOT_NULL = "Member must not be null"
_TEXTS = (
    *("a", "1", "s3://b/k", "application/json", "text/csv", "arn:aws:iam::123456789012:role/r"),
    *("arn:aws:sns:us-east-1:123456789012:t", "arn:aws:sagemaker:us-east-1:123456789012:kind/name"),
    *("mig-1g.5gb", "/a"),
    *(
        f"arn:aws:sagemaker:us-east-1:123456789012:{kind}/aaaaaaaaaaaa"
        for kind in ("training-plan", "x")
    ),
)
_WRONG_TEXTS = ("é!", "\n", "")


@dataclass(frozen=True)
class Case:
    """A request with one wrong value, and all forms in which it may be refused (None: it is not)."""

    what: str
    request: Any
    code: str
    messages: frozenset[str | None]


def cases(operation: str) -> Iterator[Case]:
    """Yield every wrong value of every member of an operation's input."""
    shape = MODEL.operation_model(operation).input_shape
    for value, message in _mistyped(shape):
        yield Case(f"input {value!r}", value, "SerializationException", frozenset({message}))
    yield from _within(shape, example(shape), lambda value: value, [])


def nullable(operation: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield a request with a null for each optional member, and the same without the member."""
    shape = MODEL.operation_model(operation).input_shape
    for path, structure, put in _structures(shape, lambda value: value, []):
        for name in structure.members:
            if name not in structure.required_members:
                base = example(structure)
                yield _where([*path, name]), put({**base, name: None}), put(base)


def example(shape: Shape) -> Any:
    """Return the smallest value that a shape allows."""
    match shape.type_name:
        case "structure":
            return {name: example(shape.members[name]) for name in shape.required_members}
        case "list":
            return [example(shape.member) for _ in range(shape.metadata.get("min", 0))]
        case "map":
            return {}
        case "string":
            if shape.enum:
                return shape.enum[0]
            return next(text for text in _texts(shape) if not list(_violated(shape, text)))
        case "boolean":
            return True
        case _:
            return max(shape.metadata.get("min", 1), 0)


def _texts(shape: Shape) -> Iterator[str]:
    yield from _TEXTS
    yield "a" * shape.metadata.get("min", 0)


def _structures(shape: Shape, put: Any, path: list[Any]) -> Iterator[tuple[list[Any], Shape, Any]]:
    """Walk all structures below a shape, each with the way to put a value of it into a request."""
    if shape.type_name == "list":
        fill = [example(shape.member)] * max(shape.metadata.get("min", 0) - 1, 0)
        yield from _structures(shape.member, lambda value: put([value, *fill]), [*path, 0])
    if shape.type_name == "structure":
        yield path, shape, put
        for name, member in shape.members.items():
            base = {k: v for k, v in example(shape).items() if k != name}
            below = lambda value, name=name, base=base: put({**base, name: value})  # noqa: E731
            yield from _structures(member, below, [*path, name])


def _within(shape: Shape, valid: Any, put: Any, path: list[Any]) -> Iterator[Case]:
    """Yield the wrong values below a structure, list or map."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            base = {k: v for k, v in valid.items() if k != name}
            below = lambda value, name=name, base=base: put({**base, name: value})  # noqa: E731
            if name in shape.required_members:
                item = _item(None, [*path, name], NOT_NULL)
                yield _case("missing", put(base), [item])
                yield _case("null", below(None), [item])
            yield from _wrong(member, below, [*path, name])
    if shape.type_name == "list":
        fill = valid[1:]
        below = lambda value: put([value, *fill])  # noqa: E731
        yield _case("null", below(None), [_item(None, [*path, 0], NOT_NULL)])
        if shape.member.type_name != "string":
            yield from _wrong(shape.member, below, [*path, 0])
            return
        yield from _mistypes(shape.member, below, [*path, 0])
        for value in _off(shape.member):
            item = _item([value, *fill], path, f"Member must satisfy constraint: {_all(shape.member)}")
            yield _case(f"element {value[:9]!r}", below(value), [item])
    if shape.type_name == "map":
        key = example(shape.key)
        yield from _mistypes(shape.value, lambda value: put({key: value}), [*path, key])
        for bad in _off(shape.key):
            item = _item({bad: "a"}, path, f"Map keys must satisfy constraint: {_all(shape.key)}")
            yield _case(f"key {bad[:9]!r}", put({bad: "a"}), [item])
        for bad in _off(shape.value):
            item = _item({key: bad}, path, f"Map value must satisfy constraint: {_all(shape.value)}")
            yield _case(f"value {bad[:9]!r}", put({key: bad}), [item])


def _wrong(shape: Shape, put: Any, path: list[Any]) -> Iterator[Case]:
    """Yield the wrong values of one member, and of all below it."""
    yield from _mistypes(shape, put, path)
    for value in _off(shape):
        items = [_item(_read(shape, value), path, sentence) for sentence in _violated(shape, value)]
        yield _case(f"{_where(path)} off", put(value), items)
    if shape.type_name in {"structure", "list", "map"}:
        valid = example(shape)
        if shape.type_name == "list" and not valid:
            valid = [example(shape.member)]
        yield from _within(shape, valid, put, path)


def _mistypes(shape: Shape, put: Any, path: list[Any]) -> Iterator[Case]:
    for value, message in _mistyped(shape):
        what = f"{_where(path)} {value!r}"
        yield Case(what, put(value), "SerializationException", frozenset({message}))


def _mistyped(shape: Shape) -> Iterator[tuple[Any, str]]:
    kind = shape.type_name
    container = {"list": "Expected list or null", "map": "Expected map or null"}
    container["structure"] = "Unexpected value type in payload"
    scalar = {"string": "a String", "integer": "an Integer", "float": "a Float"}
    scalar |= {"boolean": "a Boolean", "timestamp": "a Timestamp"}
    if kind != "list":
        yield [], "Start of list found where not expected"
    if kind not in {"map", "structure"}:
        yield {}, "Start of structure or map found where not expected."
    tokens = [("x", "STRING"), (True, "TRUE"), (False, "FALSE"), (5, "NUMBER"), (0.5, "NUMBER")]
    fits = {"string": {"STRING"}, "boolean": {"TRUE", "FALSE"}}
    fits |= {number: {"NUMBER"} for number in ("integer", "float", "timestamp")}
    for value, token in tokens:
        if kind in container:
            yield value, container[kind]
        elif token not in fits[kind]:
            yield value, f"{token}_VALUE can not be converted to {scalar[kind]}"
    if kind == "integer":
        yield 2**31, f"NUMBER_VALUE can not be converted to {scalar[kind]}"


def _off(shape: Shape) -> Iterator[Any]:
    """Yield values of the right type that violate a constraint, one or more for each."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    match shape.type_name:
        case "integer" | "float":
            found = [low - 1] if low is not None else []
            found += [high + 1] if high is not None and high < 2**31 - 1 else []
        case "list":
            one = example(shape.member)
            found = [[one] * (low - 1)] if low else []
            found += [[one] * (high + 1)] if high is not None else []
        case "map":
            found = [{f"k{i}": "a" for i in range(high + 1)}] if high is not None else []
        case "string":
            good = example(shape)
            found = [good[0] * (low - 1)] if low else []
            found += [good + good[-1] * (high + 1 - len(good))] if high is not None else []
            found += ["Zzz"] if shape.enum else []
            found += [text for text in _WRONG_TEXTS if "pattern" in shape.metadata]
        case _:
            found = []
    yield from (value for value in found if list(_violated(shape, value)))


def _violated(shape: Shape, value: Any) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    measured = "value" if shape.type_name in {"integer", "float"} else "length"
    size = value if measured == "value" else len(value)
    if high is not None and size > high:
        yield f"Member must have {measured} less than or equal to {high}"
    if low is not None and size < low:
        yield f"Member must have {measured} greater than or equal to {low}"
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not re.fullmatch(_python(pattern), value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield _enumerated(shape)


def _all(shape: Shape) -> str:
    """List all constraints of an element, violated or not, as EventBridge does."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    sentences = [f"Member must have length less than or equal to {high}"] if high is not None else []
    sentences += [f"Member must have length greater than or equal to {low}"] if low is not None else []
    if "pattern" in shape.metadata:
        sentences.append(f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}")
    if shape.enum:
        sentences.append(_enumerated(shape))
    return f"[{', '.join(sentences)}]"


def _enumerated(shape: Shape) -> str:
    """Order an enum by the low five bits of Java's hash of strings, ties from the last to the first."""
    buckets: list[list[str]] = [[] for _ in range(32)]
    for value in shape.enum:
        code = 0
        for letter in value:
            code = code * 31 + ord(letter)
        buckets[code % 32].insert(0, value)
    return f"Member must satisfy enum value set: [{', '.join(chain.from_iterable(buckets))}]"


def _python(pattern: str) -> str:
    """Write a pattern in Python's dialect, as far as the texts above need."""
    letters = {r"\p{L}": "a-zA-Zé", r"\p{Z}": r"\ ", r"\p{N}": "0-9"}
    for java, python in letters.items():
        pattern = pattern.replace(java, python)
    return pattern


def _read(shape: Shape, value: Any) -> Any:
    return float(value) if shape.type_name == "float" else value


def _case(what: str, request: Any, items: list[str]) -> Case:
    """Expect all items, in any order: theirs is not known."""
    head = f"{len(items)} validation error{'s' if len(items) > 1 else ''} detected: "
    sentences = frozenset(head + "; ".join(order) for order in permutations(items))
    return Case(what, copy.deepcopy(request), "ValidationException", sentences)


def _item(value: Any, path: list[Any], sentence: str) -> str:
    shown = "null" if value is None else f"'{_java(value)}'"
    return f"Value {shown} at '{_where(path)}' failed to satisfy constraint: {sentence}"


def _where(path: list[Any]) -> str:
    steps = [f"{s + 1}.member" if isinstance(s, int) else s[0].lower() + s[1:] for s in path]
    return ".".join(steps)


def _java(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(part)}" for key, part in value.items()) + "}"
    return str(value)
