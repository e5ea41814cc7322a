"""Many threads, each with a client of its own, want the same endpoint changed: one of them succeeds."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sm_emulator import Emulator

AT_ONCE = 20
LASTING = {"lifecycle.updating_seconds": 60, "lifecycle.deleting_seconds": 60}
VARIANT = {
    "VariantName": "v",
    "ModelName": "m",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
IN_PROGRESS = "Cannot update in-progress endpoint"
DELETION = [("delete_endpoint", {})]
UPDATES = [
    ("update_endpoint", {"EndpointConfigName": "d"}),
    (
        "update_endpoint_weights_and_capacities",
        {"DesiredWeightsAndCapacities": [{"VariantName": "v", "DesiredWeight": 2.0}]},
    ),
]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(clock="virtual", settings=LASTING) as emulator:
        yield emulator


@pytest.fixture
def sagemaker(emulator: Emulator, account: str) -> Any:
    config = Config(max_pool_connections=AT_ONCE)
    client = emulator.client("sagemaker", account=account, config=config)
    client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    for name in ("c", "d"):
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[VARIANT])
    client.create_endpoint(EndpointName="e", EndpointConfigName="c")
    return client


def at_once(client: Any, operations: list[tuple[str, dict[str, Any]]]) -> Counter[str]:
    """Call operations from many threads at the same moment, and count the answers."""
    barrier = Barrier(AT_ONCE)

    def one(number: int) -> str:
        operation, members = operations[number % len(operations)]
        barrier.wait(30)
        try:
            getattr(client, operation)(EndpointName="e", **members)
        except ClientError as error:
            return error.response["Error"]["Message"].partition(' "')[0]
        return "done"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, range(AT_ONCE)))


@pytest.mark.parametrize(
    "operations",
    [UPDATES[:1], UPDATES[1:], DELETION, [*UPDATES, *DELETION]],
    ids=["updates", "weights", "deletions", "all"],
)
def test_of_many_parallel_changes_exactly_one_begins(sagemaker, operations):
    assert at_once(sagemaker, operations) == {"done": 1, IN_PROGRESS: AT_ONCE - 1}
    assert at_once(sagemaker, operations) == {IN_PROGRESS: AT_ONCE}, "it is in flight still"


def test_when_one_has_landed_exactly_one_more_is_begun(emulator, account, sagemaker):
    clock = emulator.scenario(account).clock
    for operations in (UPDATES, UPDATES, DELETION):
        assert at_once(sagemaker, operations) == {"done": 1, IN_PROGRESS: AT_ONCE - 1}
        clock.advance(60)
    assert at_once(sagemaker, [*UPDATES, *DELETION]) == {"Could not find endpoint": AT_ONCE}


def test_creations_and_deletions_of_a_name_take_turns(emulator, account, sagemaker):
    """Whatever the order in which they come: a creation succeeds only where there is nothing."""
    create = ("create_model", {"PrimaryContainer": {"Image": "i"}})

    def one(number: int) -> str:
        operation, members = (create, ("delete_model", {}))[number % 2]
        try:
            getattr(sagemaker, operation)(ModelName="x", **members)
        except ClientError:
            return "refused"
        return operation

    with ThreadPoolExecutor(AT_ONCE) as pool:
        counts = Counter(pool.map(one, range(10 * AT_ONCE)))
    left = sagemaker.list_models(NameContains="x")["Models"]
    assert counts["create_model"] - counts["delete_model"] == len(left)
    assert counts["create_model"] > 0
