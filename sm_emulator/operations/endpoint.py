"""Endpoints in their simplest form: created, and in service after a while."""

from __future__ import annotations

from sm_emulator.operations.registry import Context, Members, operation
from sm_emulator.operations.tags import refuse_system_tags
from sm_emulator.resources import ENDPOINT, ENDPOINT_CONFIG


@operation
def create_endpoint(c: Context, r: Members) -> Members:
    """Store an endpoint on a configuration that an eventually consistent load finds.

    This is the load that AWS documents: right after a successful CreateEndpointConfig it can miss.
    """
    refuse_system_tags(r)
    config = c.load(ENDPOINT_CONFIG, r["EndpointConfigName"])
    c.create(ENDPOINT, r, config=config.request)
    return {"EndpointArn": c.arn(ENDPOINT, r["EndpointName"])}


@operation
def describe_endpoint(c: Context, r: Members) -> Members:
    """Tell the status as of now; while Creating there are six members and no more.

    The six were seen in a recording of 2018 (cloud-custodian), the variants in many since.
    """
    record = c.describe(ENDPOINT, r["EndpointName"])
    config = record.config or {}
    creating = c.now < record.created + c.behaviour.creating_seconds
    shown = {
        "EndpointName": record.request["EndpointName"],
        "EndpointArn": c.arn(ENDPOINT, record.request["EndpointName"]),
        "EndpointConfigName": record.request["EndpointConfigName"],
        "EndpointStatus": "Creating" if creating else "InService",
        "CreationTime": record.created,
        "LastModifiedTime": record.created,
    }
    if creating:
        return shown
    shown["ProductionVariants"] = [_summary(variant) for variant in config["ProductionVariants"]]
    if "ShadowProductionVariants" in config:
        shadows = config["ShadowProductionVariants"]
        shown["ShadowProductionVariants"] = [_summary(variant) for variant in shadows]
    for member in ("AsyncInferenceConfig", "ExplainerConfig"):
        if member in config:
            shown[member] = config[member]
    return shown


def _summary(variant: Members) -> Members:
    weight = variant["InitialVariantWeight"]
    summary = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if "InitialInstanceCount" in variant:
        count = variant["InitialInstanceCount"]
        summary |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
    if "ServerlessConfig" in variant:
        serverless = variant["ServerlessConfig"]
        summary |= {
            "CurrentServerlessConfig": serverless,
            "DesiredServerlessConfig": serverless,
        }
    return summary
