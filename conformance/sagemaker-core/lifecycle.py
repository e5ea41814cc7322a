"""A whole lifecycle through sagemaker-core: create, update, list, delete.

    python lifecycle.py [ATTEMPTS]

Each `create` describes the new resource, and raises if it is not visible yet; a second create would
fail with "already existing". So a hook in the boto3 client of the library retries each request, up to
ATTEMPTS attempts (default 1: no retry).
"""

import sys

from sagemaker_core.main.resources import Endpoint, EndpointConfig, Model
from sagemaker_core.main.shapes import (
    ContainerDefinition,
    DesiredWeightAndCapacity,
    ProductionVariant,
)
from sagemaker_core.main.utils import SageMakerClient

ATTEMPTS = int(sys.argv[1]) if sys.argv[1:] else 1
REGION = {"region": "us-east-1"}


def not_seen_yet(response, attempts, **_):
    """Wait and try again what a stale read refused: botocore calls it after each attempt."""
    message = response[1].get("Error", {}).get("Message", "") if response else ""
    return 0.02 if message.startswith("Could not find") and attempts < ATTEMPTS else None


client = SageMakerClient(region_name="us-east-1").get_client("sagemaker")
client.meta.events.register_first("needs-retry.sagemaker", not_seen_yet)

model = Model.create(
    model_name="m",
    primary_container=ContainerDefinition(image="i"),
    execution_role_arn="arn:aws:iam::123456789012:role/r",
    **REGION,
)
variant = ProductionVariant(
    variant_name="v", model_name="m", initial_instance_count=1, instance_type="ml.m5.large"
)
for name in ("c", "d"):
    EndpointConfig.create(endpoint_config_name=name, production_variants=[variant], **REGION)
endpoint = Endpoint.create(endpoint_name="e", endpoint_config_name="c", **REGION)
endpoint.wait_for_status("InService", poll=0)

endpoint.endpoint_config_name = "d"
endpoint.update()
endpoint.wait_for_status("InService", poll=0)
assert endpoint.refresh().endpoint_config_name == "d"

desired = DesiredWeightAndCapacity(variant_name="v", desired_instance_count=3)
endpoint.update_weights_and_capacities([desired])
endpoint.wait_for_status("InService", poll=0)
assert endpoint.refresh().production_variants[0].current_instance_count == 3

assert [e.endpoint_name for e in Endpoint.get_all(**REGION)] == ["e"]
assert {c.endpoint_config_name for c in EndpointConfig.get_all(**REGION)} == {"c", "d"}
assert [m.model_name for m in Model.get_all(**REGION)] == ["m"]

endpoint.delete()
endpoint.wait_for_delete(poll=0)
for config in list(EndpointConfig.get_all(**REGION)):
    config.delete()
model.delete()
assert not list(Model.get_all(**REGION))
