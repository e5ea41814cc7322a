"""Requests drawn from a schema: valid ones, and valid ones with one thing broken."""

import re
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_ARNS = (
    "arn:aws:iam::123456789012:role/r",
    "arn:aws:sns:us-east-1:123456789012:t",
    "arn:aws:sagemaker:us-east-1:123456789012:kind/name",
)


def patient(examples: int) -> settings:
    """Try this number of examples, the same each time, however long each takes to draw."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def valid(schema: dict[str, Any], definition: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Draw values that the schema accepts, as far as a generator knows."""
    definitions = schema["$defs"]
    if definition is None:
        definition = schema
    if "$ref" in definition:
        definition = definitions[definition["$ref"].removeprefix("#/$defs/")]
    kind = definition["x-aws-type"]
    if kind == "structure":
        required = definition.get("required", [])
        members = {name: valid(schema, part) for name, part in definition["properties"].items()}
        return st.fixed_dictionaries(
            {name: strategy for name, strategy in members.items() if name in required},
            optional={name: strategy for name, strategy in members.items() if name not in required},
        )
    if kind == "list":
        least = definition.get("minItems", 0)
        most = min(definition.get("maxItems", 2), least + 1)
        return st.lists(valid(schema, definition["items"]), min_size=least, max_size=most)
    if kind == "map":
        keys = valid(schema, definition["propertyNames"])
        return st.dictionaries(keys, valid(schema, definition["additionalProperties"]), max_size=2)
    if "enum" in definition:
        return st.sampled_from(definition["enum"])
    if kind in {"string", "blob"}:
        return _text(definition)
    if kind == "boolean":
        return st.booleans()
    low, high = definition.get("minimum", 0), definition.get("maximum", 2**31 - 1)
    return st.integers(low, high) if kind == "integer" else st.floats(low, min(high, 1e6), width=32)


def _text(definition: dict[str, Any]) -> st.SearchStrategy[str]:
    least, most = definition.get("minLength", 0), definition.get("maxLength", 60)
    pattern = definition.get("x-aws-pattern", "")
    if "(https|s3)" in pattern:
        return st.sampled_from(["s3://b/k", "https://b/k"])
    if pattern.startswith("arn:aws"):
        return st.sampled_from([arn for arn in _ARNS if re.fullmatch(pattern, arn)])
    if "p{L}" in pattern:
        return st.text(st.sampled_from("aé3 _.:/=+-@チ"), min_size=max(least, 1), max_size=10)
    if "p{ASCII}" in pattern or "p{Print}" in pattern:
        return st.text("a1.;/=", min_size=max(least, 1), max_size=10)
    if pattern:
        return st.from_regex(pattern, fullmatch=True).filter(lambda text: least <= len(text) <= most)
    return st.text("abc", min_size=least, max_size=min(most, least + 5))


_JUNK = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.text("a", min_size=1030, max_size=1100),
    st.integers(-5, 2**31),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.lists(st.text(max_size=2), max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)


@st.composite
def broken(draw: st.DrawFn, schema: dict[str, Any]) -> Any:
    """Draw a valid request, and replace or remove one value somewhere in it."""
    request = draw(valid(schema))
    places = list(_places(request))
    if not places:
        return draw(_JUNK)
    container, step = draw(st.sampled_from(places))
    if isinstance(container, dict) and draw(st.booleans()):
        del container[step]
    else:
        container[step] = draw(_JUNK)
    return request


def _places(value: Any) -> Any:
    items = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, part in items:
        yield value, step
        yield from _places(part)
