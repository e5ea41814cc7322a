"""The table of error texts: each entry has a source and is used."""

from pathlib import Path

import pytest

from sm_emulator import operations
from sm_emulator.catalog import table

REFUSALS = {name: entry for name, entry in table("refusals").items() if name != "failures"}
CODE = "".join(path.read_text() for path in Path(operations.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_has_a_source_and_is_used(name):
    assert REFUSALS[name]["source"]
    assert f'efusal("{name}"' in CODE
