"""Write schemas/<Operation>.json from botocore's models of SageMaker; `--check` only compares.

One self-contained JSON Schema (2020-12) for each operation that sm_emulator/operations/ registers, with
`input`, `output` and `errors` over shared `$defs`. Patterns become whole-value patterns, because the
service matches the whole value while JSON Schema searches. AWS's extensions are in `x-aws-*`:

- `x-aws-type`: the shape's type in the model (structure, map, integer, float, timestamp …)
- `x-aws-pattern`: the pattern as the model writes it, which is how the service prints it
- `x-aws-http`, `x-aws-location`, `x-aws-name`: of the runtime, which is REST: method, path and status
  of an operation; where a member is (uri, header, payload, body) and what it is called there
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import jsonschema_rs

from sm_emulator.operations.registry import OPERATIONS

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
JSON_TYPES = {
    "structure": "object",
    "map": "object",
    "list": "array",
    "string": "string",
    "blob": "string",
    "boolean": "boolean",
    "integer": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "timestamp": "number",
}
# The maximum comes first: the service was seen to report length before pattern
# (aws-samples/sagemaker-ml-workflow-with-apache-airflow#3).
BOUNDS = {
    "string": ("maxLength", "minLength"),
    "list": ("maxItems", "minItems"),
    "map": ("maxProperties", "minProperties"),
    "integer": ("maximum", "minimum"),
    "long": ("maximum", "minimum"),
    "float": ("maximum", "minimum"),
    "double": ("maximum", "minimum"),
    "blob": ("maxLength", "minLength"),
}
# What Java's regular expressions have and Rust's do not. A class in a class is unwrapped afterwards.
JAVA = {r"\p{ASCII}": r"[\x00-\x7F]", r"\p{Print}": r"[\x20-\x7E]", r"\A": "", r"\z": ""}


def whole_value(pattern: str) -> str:
    """Anchor `pattern` at both ends, and prove now that it compiles."""
    for java, ours in JAVA.items():
        pattern = pattern.replace(java, ours)
    pattern = re.sub(r"\[(\[[^]]*\])\]", r"\1", pattern)
    anchored = f"^(?:{pattern.removeprefix('^').removesuffix('$')})$"
    jsonschema_rs.validator_for({"pattern": anchored})
    return anchored


def reference(shape: Any) -> dict[str, str]:
    return {"$ref": f"#/$defs/{shape.name}"}


def location(shape: Any, *, is_payload: bool) -> dict[str, str]:
    """Return where a member is in a REST request or response; nothing for the body."""
    if is_payload:
        return {"x-aws-location": "payload"}
    if "location" in shape.serialization:
        where = shape.serialization
        return {"x-aws-location": where["location"], "x-aws-name": where["name"]}
    return {}


def definition(shape: Any) -> dict[str, Any]:
    """Render one shape; the shapes it refers to are rendered separately."""
    schema: dict[str, Any] = {"type": JSON_TYPES[shape.type_name], "x-aws-type": shape.type_name}
    if shape.metadata.get("sensitive"):
        schema["x-aws-sensitive"] = True
    for keyword, bound in zip(BOUNDS.get(shape.type_name, ()), ("max", "min"), strict=False):
        if bound in shape.metadata:
            schema[keyword] = shape.metadata[bound]
    if "pattern" in shape.metadata:
        schema["pattern"] = whole_value(shape.metadata["pattern"])
        schema["x-aws-pattern"] = shape.metadata["pattern"]
    if shape.metadata.get("enum"):
        schema["enum"] = shape.metadata["enum"]
    if shape.type_name == "structure":
        payload = shape.serialization.get("payload")
        schema["properties"] = {
            name: reference(s) | location(s, is_payload=name == payload)
            for name, s in shape.members.items()
        }
        if shape.serialization.get("eventstream"):
            schema["x-aws-eventstream"] = True
        if shape.required_members:
            schema["required"] = shape.required_members
    elif shape.type_name == "list":
        schema["items"] = reference(shape.member)
    elif shape.type_name == "map":
        schema["propertyNames"] = reference(shape.key)
        schema["additionalProperties"] = reference(shape.value)
    return schema


def parts(shape: Any) -> list[Any]:
    """Return the shapes that `shape` refers to."""
    return {
        "structure": lambda: list(shape.members.values()),
        "list": lambda: [shape.member],
        "map": lambda: [shape.key, shape.value],
    }.get(shape.type_name, list)()


def reachable(roots: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    todo = list(roots)
    while todo:
        shape = todo.pop()
        if shape.name not in found:
            found[shape.name] = shape
            todo += parts(shape)
    return dict(sorted(found.items()))


def http_binding(operation: Any) -> dict[str, Any]:
    """Return method, path and status of a runtime operation."""
    if operation.service_model.service_name != "sagemaker-runtime":
        return {}
    http = operation.http
    return {
        "x-aws-http": {
            "method": http["method"],
            "path": http["requestUri"],
            "status": http.get("responseCode", 200),
        }
    }


def render(operation: Any) -> str:
    """Render the schema file of one botocore OperationModel."""
    halves = {"input": operation.input_shape, "output": operation.output_shape}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": operation.name,
        **http_binding(operation),
        **{
            half: reference(shape) if shape else {"type": "object", "maxProperties": 0}
            for half, shape in halves.items()
        },
        "errors": sorted(shape.name for shape in operation.error_shapes),
        "$defs": {
            name: definition(shape)
            for name, shape in reachable([s for s in halves.values() if s]).items()
        },
    }
    return json.dumps(document, indent=1) + "\n"


def files() -> dict[str, str]:
    """Render every generated file, by name."""
    session = botocore.session.Session()
    service = session.get_service_model("sagemaker")
    runtime = session.get_service_model("sagemaker-runtime")
    source = {
        "botocore": botocore.__version__,
        "apiVersion": service.api_version,
        "targetPrefix": service.metadata["targetPrefix"],
        "operations": sorted(service.operation_names),
        "emulated": sorted(OPERATIONS.keys() & set(service.operation_names)),
        "runtime": {
            "apiVersion": runtime.api_version,
            "operations": sorted(OPERATIONS.keys() & set(runtime.operation_names)),
        },
    }
    rendered = {
        f"{name}.json": render(model.operation_model(name))
        for model, names in ((service, source["emulated"]), (runtime, source["runtime"]["operations"]))
        for name in names
    }
    return rendered | {"SOURCE.json": json.dumps(source, indent=1) + "\n"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    stale = [
        name
        for name, text in files().items()
        if not (SCHEMAS / name).exists() or (SCHEMAS / name).read_text() != text
    ]
    if check:
        print(
            "\n".join(f"schemas/{name} is out of date: run make schemas" for name in stale) or "current"
        )
        return bool(stale)
    for name, text in files().items():
        (SCHEMAS / name).write_text(text)
    print(f"wrote {len(stale)} changed files to {SCHEMAS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
