"""Fault rules for the runs: in our words, and in microburst's."""

from __future__ import annotations

from typing import Any

# Five rules of ours that no CreateEndpointConfig or DescribeEndpointConfig matches.
UNMATCHED: list[dict[str, Any]] = []

# The same for microburst.
MICROBURST = [
    {"service": "sagemaker", "operation": operation, "error": {"code": "ThrottlingException"}}
    for operation in (
        "CreateEndpoint",
        "DescribeEndpoint",
        "UpdateEndpoint",
        "DeleteEndpoint",
        "ListEndpoints",
    )
]

# A rule of ours that delays DescribeEndpointConfig of the configuration "slow" by 2 s.
SLOW: dict[str, Any] = {}

# Rules of ours that refuse one request in a hundred, and delay another one by some milliseconds.
SOAK: list[dict[str, Any]] = []
