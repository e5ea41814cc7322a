"""Instance quotas: how many instances endpoints may use, by instance type and in total."""

from collections import Counter
from collections.abc import Generator
from operator import itemgetter
from typing import Any

from sm_emulator.catalog import refusal, table
from sm_emulator.operations.registry import Context
from sm_emulator.operations.state import EndpointState, Record
from sm_emulator.operations.variants import configured_variants
from sm_emulator.resources import ENDPOINT
from sm_emulator.wire.steps import Step


def refuse_beyond(
    c: Context, before: EndpointState | None, after: EndpointState
) -> Generator[Step, Any, None]:
    """Refuse a change that would exceed a quota, as CreateEndpoint and updates do.

    `before` is the endpoint as the leader holds it, None if it is to be created. Raises ServiceError.
    """
    quotas = c.behaviour.quotas
    if not quotas.instances and quotas.total is None:
        return
    delta = _instances(after)
    delta.subtract(_instances(before) if before else ())
    used: Counter[str] = Counter()

    def count(endpoint: Record) -> None:
        # a deployment takes its instances when it begins
        used.update(_instances(endpoint.endpoint.deploying or endpoint.endpoint))

    yield from c.visit(ENDPOINT, count)
    for instance_type, limit in quotas.instances.items():
        what = f"{instance_type} for endpoint usage"
        _check(c, what, limit, used[instance_type], delta[instance_type])
    if quotas.total is not None:
        what = "Number of instances across active endpoints"
        _check(c, what, quotas.total, used.total(), delta.total())


def _check(c: Context, what: str, limit: int, used: int, delta: int) -> None:
    if delta > 0 and used + delta > limit:
        ending = table("refusals")["quota"]["endings"][c.behaviour.quotas.text]
        raise refusal("quota", what=what, limit=limit, used=used, delta=delta, ending=ending)


def _instances(state: EndpointState) -> Counter[str]:
    """Count the instances that an endpoint has or will have, by type."""
    types = {}
    for variant in configured_variants(state.config):
        # of several pools, the one of the first priority
        first = min(variant.get("InstancePools", ()), key=itemgetter("Priority"), default=variant)
        types[variant["VariantName"]] = first.get("InstanceType")
    counted: Counter[str] = Counter()
    for variant in state.variants:
        if instance_type := types[variant["VariantName"]]:
            counted[instance_type] += variant.get("DesiredInstanceCount", 0)
    return counted
