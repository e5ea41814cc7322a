"""An operation is added by one module and its generated schema; everything else follows from them."""

import importlib
import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from sm_emulator import catalog, operations
from sm_emulator.control.tables import operation_rows
from sm_emulator.operations.registry import OPERATIONS
from tests.support.local_gateway import JSON, Local

ROOT = Path(__file__).parents[2]
MODULE = """
from sm_emulator.operations.registry import operation

@operation
def describe_app(c, r):
    return {"AppName": r["AppName"]}
"""


def script(name: str):
    """Import a program of scripts/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Add DescribeApp as a module of the package, and generate the schemas."""
    package = tmp_path / "operations"
    package.mkdir()
    (package / "app.py").write_text(MODULE)
    schemas = tmp_path / "schemas"
    shutil.copytree(catalog.SCHEMAS, schemas)
    monkeypatch.setattr(operations, "__path__", [str(package)])
    monkeypatch.setattr(catalog, "SCHEMAS", schemas)
    importlib.import_module("sm_emulator.operations.app")
    for name, text in script("generate_schemas").files().items():
        (schemas / name).write_text(text)
    catalog.document.cache_clear()
    yield
    del OPERATIONS["DescribeApp"], sys.modules["sm_emulator.operations.app"]
    catalog.document.cache_clear()


def describe(local: Local, body: bytes = b'{"DomainId":"d-1","AppName":"a","AppType":"TensorBoard"}'):
    return local.send(body, content_type=JSON, x_amz_target="SageMaker.DescribeApp")


def test_an_added_operation_is_dispatched_by_its_contract(added):
    assert describe(Local()).body == {"AppName": "a"}
    refused = describe(Local(), b'{"DomainId":"d-1","AppName":"a","AppType":"Excel"}')
    assert refused.code == "ValidationException"
    assert "Value 'Excel' at 'appType'" in refused.message


def test_an_added_operation_is_in_the_table_of_the_command_and_of_the_page(added):
    row = next(row for row in operation_rows() if row["operation"] == "DescribeApp")
    assert row["implemented"] == "sm-emulator"
    generate = script("generate_operations")
    sections = generate.page(generate.coverage()).split("\n## ")
    ours = next(s for s in sections if s.startswith("SageMaker, implemented by sm-emulator"))
    assert " DescribeApp," in ours


@pytest.mark.parametrize("operations", ["DescribeApp", "DescribeA*"])
def test_faults_apply_to_an_added_operation(added, operations):
    rule = {"name": "x", "match": {"operations": [operations]}, "effect": {"fault": "throttle"}}
    assert describe(Local(faults=[rule])).code == "ThrottlingException"


def test_without_it_nothing_knows_the_operation():
    rule = {"name": "x", "match": {"operations": ["DescribeA*"]}, "effect": {"fault": "throttle"}}
    assert describe(Local(faults=[rule])).status == 501
    row = next(row for row in operation_rows() if row["operation"] == "DescribeApp")
    assert row["implemented"] != "sm-emulator"
