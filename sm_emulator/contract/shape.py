"""Readers of JSON values into the types of the model, as the service's deserialiser reads them.

Explicit nulls are absent members, unknown members are ignored, a float for an integer is cut. The
texts marked (Athena) were measured at that service, which runs the same framework under the same
protocol; the others are ours. None was observed of SageMaker itself.
"""

from collections.abc import Callable
from typing import Any

from sm_emulator.errors import ServiceError, serialization

Reader = Callable[[Any], Any]

# Integers of the model are the 32-bit ones of Java
_INTEGERS = range(-(2**31), 2**31)


def reader(schema: dict[str, Any]) -> Reader:
    """Build the reader of a schema that has all its references in `$defs`."""
    readers: dict[str, Reader] = {}
    definitions: dict[str, dict[str, Any]] = schema["$defs"]

    def refer(reference: dict[str, str]) -> Reader:
        name = reference["$ref"].removeprefix("#/$defs/")
        if name not in readers:
            readers[name] = build(definitions[name])
        return readers[name]

    def build(definition: dict[str, Any]) -> Reader:
        match definition["x-aws-type"]:
            case "structure":
                members = definition["properties"].items()
                return _structure({name: refer(member) for name, member in members})
            case "map":
                return _map(refer(definition["additionalProperties"]))
            case "list":
                return _list(refer(definition["items"]))
            case scalar:
                return _SCALARS[scalar]

    return refer(schema)


def _structure(members: dict[str, Reader]) -> Reader:
    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _unexpected(value, "Unexpected value type in payload")
        return {
            name: members[name](member)
            for name, member in value.items()
            if member is not None and name in members
        }

    return read


def _map(values: Reader) -> Reader:
    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _unexpected(value, "Expected map or null")
        return {key: values(item) for key, item in value.items() if item is not None}

    return read


def _list(items: Reader) -> Reader:
    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise _unexpected(value, "Expected list or null")  # (Athena)
        # A null element is kept, for the constraints to refuse: dropping it would renumber the rest
        return [item if item is None else items(item) for item in value]

    return read


def _integer(value: Any) -> int:
    if type(value) is float and abs(value) <= _INTEGERS[-1]:
        return int(value)  # cut, not refused (Athena)
    if type(value) is int and value in _INTEGERS:
        return value
    raise _inconvertible(value, "an Integer")


def _scalar(target: str, convert: Reader, *types: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) in types:
            return convert(value)
        raise _inconvertible(value, target)

    return read


_STRING = _scalar("a String", str, str)
_SCALARS: dict[str, Reader] = {
    "string": _STRING,
    "blob": _STRING,
    "integer": _integer,
    "float": _scalar("a Float", float, float, int),
    "timestamp": _scalar("a Timestamp", float, float, int),
    "boolean": _scalar("a Boolean", bool, bool),
}


def _inconvertible(value: object, target: str) -> ServiceError:
    """Build the error for a value where a scalar is expected (Athena for strings and integers)."""
    token = {str: "STRING", bool: str(value).upper()}.get(type(value), "NUMBER")
    return _unexpected(value, f"{token}_VALUE can not be converted to {target}")


def _unexpected(value: object, otherwise: str) -> ServiceError:
    if type(value) is list:
        return serialization("Start of list found where not expected")  # (Athena)
    if type(value) is dict:
        return serialization("Start of structure or map found where not expected.")  # (Athena)
    return serialization(otherwise)
