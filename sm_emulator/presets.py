"""Named consistencies, in the words of the configuration file.

Each says where its figures come from. "Unverified" means that no published measurement stands
behind them; docs/concepts.md tells what AWS documents and what is our extrapolation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# What a preset builds on: three copies, one of which shows a write when it is acknowledged. The
# topology is DynamoDB's (Elhemali et al., USENIX ATC 2022); no rule means that nothing is late.
BASE: dict[str, Any] = {
    "replicas": {"count": 3, "visible_at_ack": 1, "read_replicas": 1, "choice": "random"},
    "bounds": {"max_lag": "1s"},
    "rules": [],
}
_DYNAMODB_LAG = {"dist": "lognormal", "median": "10ms", "sigma": 1.0}


@dataclass(frozen=True, slots=True)
class Preset:
    """A bundle of `consistency`, what it does, and how well its figures are founded."""

    name: str
    summary: str
    basis: str
    consistency: dict[str, Any]


PRESETS = (
    Preset(
        "strong",
        "nothing is ever stale (the default)",
        "by definition",
        {},
    ),
    Preset(
        "dynamodb",
        "every describe and load can meet a replica that is some milliseconds behind",
        "topology published; the lag (log-normal, median 10 ms) is unverified",
        {"rules": [{"name": "dynamodb", "lag": _DYNAMODB_LAG}]},
    ),
    Preset(
        "dynamodb-documented",
        "the same, only for endpoint configurations: what AWS documents",
        "affected reads documented by AWS; the lag is unverified",
        {
            "rules": [
                {
                    "name": "dynamodb-documented",
                    "match": {"types": ["EndpointConfig"]},
                    "lag": _DYNAMODB_LAG,
                }
            ]
        },
    ),
    Preset(
        "read-after-create-miss-N",
        "the first N reads of anything just created miss it, whatever the clock says",
        "exact by construction, for tests",
        {},
    ),
    Preset(
        "describe-lies",
        "Describe sees a new configuration, the CreateEndpoint after it does not, once",
        "exact by construction: the documented work-around, defeated",
        {
            "rules": [
                {
                    "name": "describe-lies",
                    "match": {
                        "types": ["EndpointConfig"],
                        "surfaces": ["load"],
                        "after": ["create"],
                    },
                    "reads": 1,
                }
            ]
        },
    ),
    Preset(
        "adversarial",
        "every read meets the stalest replica there may be, until max_lag has passed",
        "the worst legal case",
        {
            "replicas": {"choice": "stalest"},
            # a lag that max_lag always cuts: late for exactly that long
            "rules": [{"name": "adversarial", "lag": {"dist": "constant", "value": "1000000s"}}],
        },
    ),
)
_BY_NAME = {preset.name: preset.consistency for preset in PRESETS}


def preset(name: str) -> dict[str, Any]:
    """Look up the `consistency` of a preset whose name the configuration schema has accepted."""
    if counted := re.fullmatch(r"read-after-create-miss-(\d+)", name):
        rule = {"name": name, "match": {"after": ["create"]}, "reads": int(counted[1])}
        return {"rules": [rule]}
    return _BY_NAME[name]
