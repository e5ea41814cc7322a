"""The table of error texts: each entry has a source and is used."""

from pathlib import Path

import pytest

from sm_emulator import auth, containers, operations
from sm_emulator.catalog import table

REFUSALS = {name: entry for name, entry in table("refusals").items() if name != "failures"}
PLACES = (*operations.__path__, *auth.__path__, *containers.__path__)
CODE = "".join(path.read_text() for place in PLACES for path in Path(place).glob("*.py"))


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_has_a_source_and_is_used(name):
    assert REFUSALS[name]["source"]
    assert f'efusal("{name}"' in CODE
