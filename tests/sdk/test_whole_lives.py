"""Whole lifecycles of endpoints through boto3 with its own waiters and paginators, and the CLI's `wait`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, WaiterError

from sm_emulator import Emulator

QUICK = {"Delay": 0, "MaxAttempts": 10}
VARIANT = {
    "VariantName": "v",
    "ModelName": "m",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
LIFE = {"lifecycle.rules": [{"describes": 2}]}


@pytest.fixture
def emulator():
    with Emulator(clock="virtual", settings=LIFE) as emulator:
        yield emulator


@pytest.fixture
def client(emulator):
    client = emulator.client("sagemaker")
    client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    for name in ("c", "d"):
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[VARIANT])
    return client


def status(client) -> str:
    return client.describe_endpoint(EndpointName="e")["EndpointStatus"]


def test_a_life_from_creation_to_deletion(client):
    in_service, deleted = map(client.get_waiter, ("endpoint_in_service", "endpoint_deleted"))
    client.create_endpoint(EndpointName="e", EndpointConfigName="c")
    in_service.wait(EndpointName="e", WaiterConfig=QUICK)
    client.update_endpoint(EndpointName="e", EndpointConfigName="d")
    assert status(client) == "Updating"
    in_service.wait(EndpointName="e", WaiterConfig=QUICK)
    assert client.describe_endpoint(EndpointName="e")["EndpointConfigName"] == "d"
    client.update_endpoint_weights_and_capacities(
        EndpointName="e",
        DesiredWeightsAndCapacities=[{"VariantName": "v", "DesiredInstanceCount": 4}],
    )
    in_service.wait(EndpointName="e", WaiterConfig=QUICK)
    (variant,) = client.describe_endpoint(EndpointName="e")["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == 4
    client.delete_endpoint(EndpointName="e")
    assert status(client) == "Deleting"
    deleted.wait(EndpointName="e", WaiterConfig=QUICK)
    with pytest.raises(ClientError, match="Could not find endpoint"):
        status(client)
    for name in ("c", "d"):
        client.delete_endpoint_config(EndpointConfigName=name)
    client.delete_model(ModelName="m")
    assert client.list_models()["Models"] == []


def test_a_life_with_maintenance_goes_on_when_that_is_over():
    maintained = {"lifecycle.system_updates": [{"after_describes": 1, "describes": 3}]}
    with Emulator(clock="virtual", settings={**maintained, "models.required": False}) as emulator:
        client = emulator.client("sagemaker")
        client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[VARIANT])
        client.create_endpoint(EndpointName="e", EndpointConfigName="c")
        in_service = client.get_waiter("endpoint_in_service")
        in_service.wait(EndpointName="e", WaiterConfig={"MaxAttempts": 1})
        assert status(client) == "SystemUpdating"
        for change in (
            lambda: client.delete_endpoint(EndpointName="e"),
            lambda: client.update_endpoint(EndpointName="e", EndpointConfigName="c"),
        ):
            with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
                change()
        (listed,) = client.list_endpoints(StatusEquals="SystemUpdating")["Endpoints"]
        assert listed["EndpointName"] == "e"
        in_service.wait(EndpointName="e", WaiterConfig=QUICK)
        client.delete_endpoint(EndpointName="e")
        client.get_waiter("endpoint_deleted").wait(EndpointName="e", WaiterConfig=QUICK)


def test_a_canary_update_shifts_its_traffic_while_a_client_watches():
    slow = {"lifecycle.updating_seconds": 60, "lifecycle.shifting_seconds": 5}
    settings = {**slow, "lifecycle.deployment_waits": True, "network": 20}
    with Emulator(clock="virtual", settings=settings) as emulator:
        client = emulator.client("sagemaker")
        client.create_model(ModelName="m", PrimaryContainer={"Image": "i:1"})
        for name in ("c", "d"):
            variants = [{**VARIANT, "InitialInstanceCount": 4}]
            client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
        client.create_endpoint(EndpointName="e", EndpointConfigName="c")
        routing = {"Type": "CANARY", "WaitIntervalInSeconds": 60}
        routing["CanarySize"] = {"Type": "CAPACITY_PERCENT", "Value": 25}
        policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 30}
        deployment = {"BlueGreenUpdatePolicy": policy}
        client.update_endpoint(EndpointName="e", EndpointConfigName="d", DeploymentConfig=deployment)
        seen = {}
        while (described := client.describe_endpoint(EndpointName="e"))["EndpointStatus"] == "Updating":
            (new,) = described["PendingDeploymentSummary"]["ProductionVariants"]
            for variant_status in new.get("VariantStatus", ()):
                seen[variant_status["Status"], new["CurrentInstanceCount"]] = new["CurrentWeight"]
        assert {("Creating", 0): 0.0, ("Baking", 1): 1.0, ("Baking", 4): 1.0}.items() <= seen.items()
        (variant,) = described["ProductionVariants"]
        assert variant["DeployedImages"][0]["SpecifiedImage"] == "i:1"
        assert described["LastDeploymentConfig"] == deployment


def test_the_waiter_reports_a_failed_endpoint():
    failing = {"lifecycle.rules": [{"describes": 1, "failure": "start"}], "models.required": False}
    with Emulator(settings=failing) as emulator:
        client = emulator.client("sagemaker")
        client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[VARIANT])
        client.create_endpoint(EndpointName="e", EndpointConfigName="c")
        with pytest.raises(WaiterError, match="terminal failure state") as failed:
            client.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=QUICK)
    assert failed.value.last_response["FailureReason"].startswith("CannotStartContainerError.")


def test_the_waiters_are_trapped_by_a_stale_describe_when_configured(emulator, client):
    """Botocore takes any ValidationException for failure in one waiter, for success in the other."""
    scenario = emulator.scenario()
    scenario.settle()
    scenario.consistency("adversarial")
    client.create_endpoint(EndpointName="e", EndpointConfigName="c")
    with pytest.raises(WaiterError, match="ValidationException"):
        client.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=QUICK)
    client.get_waiter("endpoint_deleted").wait(EndpointName="e", WaiterConfig=QUICK)
    scenario.settle()
    assert status(client) in {"Creating", "InService"}, "it is said to be deleted, and lives"


def test_the_command_line_waits_too(emulator, client):
    client.create_endpoint(EndpointName="e", EndpointConfigName="c")
    for _ in range(2):
        status(client)  # the CLI's wait sleeps 30 s after a describe that shows Creating
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL_SAGEMAKER": emulator.url,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def aws(*words: str) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).parent / "aws", "sagemaker", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert aws("wait", "endpoint-in-service", "--endpoint-name", "e").returncode == 0
    described = json.loads(aws("describe-endpoint", "--endpoint-name", "e").stdout)
    assert described["ProductionVariants"][0]["DeployedImages"][0]["SpecifiedImage"] == "i"
    client.delete_endpoint(EndpointName="e")
    for _ in range(2):
        status(client)
    assert aws("wait", "endpoint-deleted", "--endpoint-name", "e").returncode == 0
    missing = aws("wait", "endpoint-in-service", "--endpoint-name", "e")
    assert (missing.returncode, "ValidationException" in missing.stderr) == (255, True)


@pytest.mark.parametrize(
    ("operation", "key", "name"),
    [
        ("list_models", "Models", "ModelName"),
        ("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
        ("list_endpoints", "Endpoints", "EndpointName"),
    ],
)
def test_paginators_find_everything_though_pages_are_filtered_late(client, operation, key, name):
    for i in range(25):
        client.create_model(ModelName=f"x{i}", PrimaryContainer={"Image": "i"})
        client.create_endpoint_config(EndpointConfigName=f"x{i}", ProductionVariants=[VARIANT])
        client.create_endpoint(EndpointName=f"x{i}", EndpointConfigName=f"x{i}")
    pages = client.get_paginator(operation).paginate(NameContains="1")
    found = {item[name] for page in pages for item in page[key]}
    assert found == {f"x{i}" for i in range(25) if "1" in str(i)}
