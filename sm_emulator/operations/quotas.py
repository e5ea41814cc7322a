"""Instance quotas: what endpoints may use, by instance type and in all. Judged by the leader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from sm_emulator.errors import ServiceError
from sm_emulator.operations.life import EndpointLife
from sm_emulator.operations.registry import Context, Record
from sm_emulator.resources import ENDPOINT

_TOTAL = "Number of instances across active endpoints"
# Both endings were seen: the second in 2023 and later, from other operations of SageMaker
_ENDINGS = {
    "support": "Please contact AWS support to request an increase for this limit.",
    "service-quotas": "Please use AWS Service Quotas to request an increase for this quota. If AWS "
    "Service Quotas is not available, contact AWS support to request an increase for this quota.",
}


def refuse_beyond(c: Context, before: EndpointLife | None, after: EndpointLife) -> None:
    """Refuse what would use more instances than there are, as CreateEndpoint and updates do.

    `before` is what the endpoint is now, None where it is to be created. Nothing is checked where no
    quota is set. Raises ServiceError.
    """
    quotas = c.behaviour.quotas
    if not quotas.instances and quotas.total is None:
        return
    now = _instances(before) if before else Counter()
    delta = _instances(after)
    delta.subtract(now)
    used = sum((_instances(life) for life in _lives(c)), Counter[str]())
    for instance_type, limit in quotas.instances.items():
        what = f"{instance_type} for endpoint usage"
        _judge(c, what, limit, used[instance_type], delta[instance_type])
    if quotas.total is not None:
        _judge(c, _TOTAL, quotas.total, used.total(), delta.total())


def _judge(c: Context, what: str, limit: int, used: int, delta: int) -> None:
    if delta > 0 and used + delta > limit:
        raise ServiceError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{what}' is {limit} Instances, with current utilization "
            f"of {used} Instances and a request delta of {delta} Instances. "
            f"{_ENDINGS[c.behaviour.quotas.text]}",
        )


def _lives(c: Context) -> Iterable[EndpointLife]:
    for value in c.heads(ENDPOINT):
        assert isinstance(value, Record)
        assert isinstance(value.life, EndpointLife)
        yield value.life.deploying or value.life  # what is to be takes its instances when it begins


def _instances(life: EndpointLife) -> Counter[str]:
    """Count the instances that an endpoint has or is to have, by type."""
    types: dict[str, Mapping[str, Any]] = {}
    for kind in ("ProductionVariants", "ShadowProductionVariants"):
        types |= {variant["VariantName"]: variant for variant in life.config.get(kind, ())}
    counted: Counter[str] = Counter()
    for variant in life.variants:
        instance_type = _instance_type(types[variant["VariantName"]])
        if instance_type:
            counted[instance_type] += variant.get("DesiredInstanceCount", 0)
    return counted


def _instance_type(variant: Mapping[str, Any]) -> str | None:
    """Tell the type of a variant's instances; of pools, which have room here, the first in priority."""
    pools = sorted(variant.get("InstancePools", ()), key=itemgetter("Priority"))
    first: str | None = pools[0]["InstanceType"] if pools else variant.get("InstanceType")
    return first
