"""The schemas are what botocore says, and there is one for each operation."""

import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from sm_emulator.catalog import document, service
from sm_emulator.operations.registry import OPERATIONS

ROOT = Path(__file__).resolve().parent.parent


def test_every_operation_has_its_schema_and_nothing_else_has():
    files = {path.name.removesuffix(".json") for path in (ROOT / "schemas").glob("*.json")}
    assert files == {*OPERATIONS, "SOURCE", "COVERAGE", "config.schema", "openapi"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "script", ["generate_schemas.py", "generate_config.py", "generate_operations.py"]
)
def test_what_is_generated_is_current(script):
    check = [sys.executable, ROOT / "scripts" / script, "--check"]
    run = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "current\n")


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@pytest.mark.parametrize("half", ["input", "output"])
def test_every_schema_is_self_contained(operation, half):
    schema = document(operation)
    assert jsonschema_rs.meta.is_valid(schema)
    validator = jsonschema_rs.validator_for({**schema[half], "$defs": schema["$defs"]})
    assert not validator.is_valid("no object")


def test_the_source_is_recorded():
    assert service()["botocore"] == "1.44.5"
    assert len(service()["operations"]) == 425
    assert service()["runtime"]["apiVersion"] == "2017-05-13"
    runtime = set(service()["runtime"]["operations"])
    assert runtime < set(OPERATIONS)
    assert set(OPERATIONS) - runtime < set(service()["operations"])
