"""Fault rules for the runs: in our words, and in microburst's."""

from __future__ import annotations

from typing import Any

# Five that no create and no describe of an endpoint configuration matches here, each for its reason.
UNMATCHED: list[dict[str, Any]] = [
    {
        "name": "no-endpoints",
        "match": {"operation": "CreateEndpoint"},
        "effect": {"fault": "error", "code": "ResourceLimitExceeded"},
    },
    {"name": "slow-lists", "match": {"operation": "List*"}, "effect": {"fault": "latency", "delay": 1}},
    {"name": "throttled-ends", "match": {"operation": "Delete*"}, "effect": {"fault": "throttle"}},
    {
        "name": "production-fails",
        "match": {"operation": "*EndpointConfig", "resource": "production-*"},
        "when": {"probability": 0.5},
        "effect": {"fault": "error", "code": "InternalFailure"},
    },
    {"name": "others-lost", "match": {"session": "somebody-else"}, "effect": {"fault": "close"}},
]

# The nearest to it that microburst has.
MICROBURST = [
    {"service": "sagemaker", "operation": "CreateEndpoint", "error": {"code": "ResourceLimitExceeded"}},
    {"service": "sagemaker", "operation": "ListEndpointConfigs", "latency": 1000},
    {
        "service": "sagemaker",
        "operation": "DeleteEndpointConfig",
        "error": {"code": "ThrottlingException"},
    },
    {"service": "sagemaker", "resource": "production-", "error": {"code": "InternalFailure"}},
    {"service": "sagemaker", "headers": {"x-session": "somebody-else"}, "reset": True},
]

# Holds up every describe of the configuration "slow".
SLOW: list[dict[str, Any]] = [
    {
        "name": "slow",
        "match": {"operation": "DescribeEndpointConfig", "resource": "slow"},
        "effect": {"fault": "latency", "delay": 2},
    }
]

# Refuse or hold up some requests in a hundred, all before anything has happened.
SOAK: list[dict[str, Any]] = [
    {
        "name": "throttled",
        "when": {"probability": 0.01},
        "effect": {"fault": "error", "code": "ThrottlingException"},
    },
    {
        "name": "failed",
        "when": {"probability": 0.005},
        "effect": {"fault": "error", "code": "InternalFailure"},
    },
    {
        "name": "slow",
        "when": {"probability": 0.01},
        "effect": {"fault": "latency", "delay": {"dist": "lognormal", "median": "5ms", "sigma": 0.5}},
    },
]
