"""The presets in schemas/presets.toml, and the defaults of consistency that they override."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from sm_emulator.catalog import document, table

Table = dict[str, Any]


def _defaults(schema: Table) -> Table:
    properties = schema["properties"].items()
    return {name: _defaults(p) if "properties" in p else p["default"] for name, p in properties}


# The defaults that presets override: three copies, one of which shows a write when it is acknowledged.
# The topology is DynamoDB's (Elhemali et al., USENIX ATC 2022); without a rule, nothing is stale.
BASE = _defaults(document("config.schema")["$defs"]["consistency"])


@dataclass(frozen=True, slots=True)
class Preset:
    """A named `consistency` table, a summary of its effect, and the basis of its figures.

    A preset of `faults` names the preset of consistency that --preset selects with it.
    """

    name: str
    summary: str
    basis: str
    consistency: Table = field(default_factory=dict)
    faults: list[Table] = field(default_factory=list)


_ALL = tuple(Preset(name, **table) for name, table in table("presets").items())
PRESETS = tuple(preset for preset in _ALL if not preset.faults)
FAULT_PRESETS = tuple(preset for preset in _ALL if preset.faults)
_BY_NAME = {preset.name: preset.consistency for preset in PRESETS}


def preset(name: str) -> Table:
    """Return the `consistency` of a preset whose name the configuration schema has accepted."""
    if counted := re.fullmatch(r"read-after-create-miss-(\d+)", name):
        match = {"after": ["create"], "surfaces": ["describe", "load"]}
        return {"rules": [{"name": name, "match": match, "reads": int(counted[1])}]}
    return _BY_NAME[name]
