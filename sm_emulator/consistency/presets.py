"""Named consistencies, in the words of the configuration file.

Each says where its figures come from. "Unverified" means that no published measurement stands
behind them; docs/consistency.md tells what AWS documents and what is our extrapolation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sm_emulator.consistency.published import (
    GAE_HRD,
    IAM,
    ONE_COPY,
    PBS_DISK,
    PBS_SSD,
    PBS_WAN,
    PBS_YAMMER,
    S3,
    SIMPLEDB,
    SINGLE,
    SWIFT,
    Table,
)

# What a preset builds on: three copies, one of which shows a write when it is acknowledged. The
# topology is DynamoDB's (Elhemali et al., USENIX ATC 2022); no rule means that nothing is late.
BASE: Table = {
    "replicas": {"count": 3, "visible_at_ack": 1, "read_replicas": 1, "choice": "random"},
    "order": "independent",
    "session": [],
    "bounds": {"max_lag": "1s", "max_staleness": None, "k_staleness": None, "quiesce_after": None},
    "list": {"snapshot": "page"},
    "rules": [],
}
_DYNAMODB_LAG = {"dist": "lognormal", "median": "10ms", "sigma": 1.0}


@dataclass(frozen=True, slots=True)
class Preset:
    """A bundle of `consistency`, what it does, and how well its figures are founded."""

    name: str
    summary: str
    basis: str
    consistency: Table


PRESETS = (
    Preset("strong", "nothing is ever stale (the default)", "by definition", {}),
    Preset(
        "dynamodb",
        "every read can meet a replica that is some milliseconds behind; lists more so",
        "topology published; the lags (log-normal, median 10 ms, lists 30 ms) are unverified",
        {
            "bounds": {"max_lag": "5s"},
            "rules": [
                {
                    "name": "dynamodb",
                    "match": {"surfaces": SINGLE},
                    "lag": _DYNAMODB_LAG,
                    "max_lag": "1s",
                },
                {
                    "name": "dynamodb-lists",
                    "match": {"surfaces": ["list"]},
                    "lag": {"dist": "lognormal", "median": "30ms", "sigma": 1.0},
                },
            ],
        },
    ),
    Preset(
        "dynamodb-documented",
        "the same, only for endpoint configurations: what AWS documents",
        "affected reads documented by AWS; the lag is unverified",
        {
            "rules": [
                {
                    "name": "dynamodb-documented",
                    "match": {"types": ["EndpointConfig"], "surfaces": SINGLE},
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
                    "match": {"types": ["EndpointConfig"], "surfaces": ["load"], "after": ["create"]},
                    "reads": 1,
                }
            ]
        },
    ),
    Preset(
        "flapping",
        "fresh and stale answers alternate until max_lag has passed",
        "exact by construction: for clients that trust one good answer",
        {
            "replicas": {"count": 2, "visible_at_ack": 1, "choice": "round_robin"},
            # a lag that max_lag always cuts: late for exactly that long
            "rules": [{"name": "flapping", "lag": {"dist": "constant", "value": "1000000s"}}],
        },
    ),
    Preset(
        "adversarial",
        "every read meets the stalest replica there may be, until max_lag has passed",
        "the worst legal case",
        {
            "replicas": {"choice": "stalest"},
            "rules": [{"name": "adversarial", "lag": {"dist": "constant", "value": "1000000s"}}],
        },
    ),
    Preset(
        "waiter-trap",
        "the first DescribeEndpoint after a create misses it, which ends both waiters for endpoints",
        "exact by construction: botocore's acceptors take ValidationException for an end",
        {
            "rules": [
                {
                    "name": "waiter-trap",
                    "match": {"types": ["Endpoint"], "surfaces": ["describe"], "after": ["create"]},
                    "reads": 1,
                }
            ]
        },
    ),
    Preset(
        "simpledb-2011",
        "a third of the reads are fresh for 450 ms, then nearly all at once",
        "measured: Wada et al., CIDR 2011 (read in a reprint of its table)",
        SIMPLEDB,
    ),
    Preset(
        "gae-hrd",
        "one copy that applies 98 % of the writes in 100 ms, and the last after four minutes",
        "the App Engine SDK's own estimate of its datastore (datastore_stub_util.py)",
        GAE_HRD,
    ),
    Preset(
        "pbs-lnkd-ssd",
        "LinkedIn's Voldemort on solid-state disks: 97 % fresh at once",
        "measured and fitted: Bailis et al., VLDB 2012",
        PBS_SSD,
    ),
    Preset(
        "pbs-lnkd-disk",
        "the same on spinning disks: 44 % fresh at once, 93 % after 10 ms",
        "measured and fitted: Bailis et al., VLDB 2012",
        PBS_DISK,
    ),
    Preset(
        "pbs-ymmr",
        "Yammer's Riak: 89 % fresh at once, and a long tail",
        "measured and fitted: Bailis et al., VLDB 2012, with the simulator's exponent",
        PBS_YAMMER,
    ),
    Preset(
        "pbs-wan",
        "three data centres 75 ms apart: a third of the reads is fresh at once",
        "modelled: Bailis et al., VLDB 2012",
        PBS_WAN,
    ),
    Preset(
        "s3-2014",
        "S3 as written in one region and read in another: one write in a hundred is seen late",
        "shares measured (gaul/are-we-consistent-yet, 2014); the length, 2 s, is unverified",
        S3,
    ),
    Preset(
        "swift-2014",
        "Rackspace's Swift: deletes are seen late, creates never",
        "shares measured (gaul/are-we-consistent-yet, 2014); the length, 2 s, is unverified",
        SWIFT,
    ),
    Preset(
        "s3a",
        "only names that hold DELAY-LISTING-ME are late, by five seconds",
        "after the knobs of Hadoop's S3A fault injection; for tests that opt in by name",
        {
            "replicas": ONE_COPY,
            "bounds": {"max_lag": "5s"},
            "rules": [
                {
                    "name": "s3a",
                    "match": {"names": "*DELAY-LISTING-ME*"},
                    "lag": {"dist": "constant", "value": "5s"},
                }
            ],
        },
    ),
    Preset(
        "iam-4s",
        "replicas follow after half a second to four seconds, as IAM's were seen to",
        "the end, 3 to 4 s, is reported (OFFENSAI, 2025); the shape is unverified",
        IAM,
    ),
)
_BY_NAME = {preset.name: preset.consistency for preset in PRESETS}


def preset(name: str) -> Table:
    """Look up the `consistency` of a preset whose name the configuration schema has accepted."""
    if counted := re.fullmatch(r"read-after-create-miss-(\d+)", name):
        match = {"after": ["create"], "surfaces": SINGLE}
        return {"rules": [{"name": name, "match": match, "reads": int(counted[1])}]}
    return _BY_NAME[name]
