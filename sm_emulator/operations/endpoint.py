"""Endpoints in their simplest form: created, in service after a while, changed and deleted at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sm_emulator.errors import validation
from sm_emulator.operations.listing import list_page
from sm_emulator.operations.registry import Context, Members, Record, operation
from sm_emulator.operations.system_tags import refuse_system_tags
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
    shown = {**_brief(c, record), "EndpointConfigName": record.request["EndpointConfigName"]}
    if _is_creating(c, record):
        return shown
    shown["ProductionVariants"] = [_summary(variant) for variant in config["ProductionVariants"]]
    if "ShadowProductionVariants" in config:
        shadows = config["ShadowProductionVariants"]
        shown["ShadowProductionVariants"] = [_summary(variant) for variant in shadows]
    for member in ("AsyncInferenceConfig", "ExplainerConfig"):
        if member in config:
            shown[member] = config[member]
    return shown


@operation
def update_endpoint(c: Context, r: Members) -> Members:
    """Put an endpoint on another configuration, at once.

    An endpoint whose present configuration is gone cannot be updated, and the refusal names that
    one (hashicorp/terraform-provider-aws#40048).
    """
    name = r["EndpointName"]
    record = c.head(ENDPOINT, name)
    _refuse_in_progress(c, record)
    old = c.load(ENDPOINT_CONFIG, record.request["EndpointConfigName"]).request
    config = c.load(ENDPOINT_CONFIG, r["EndpointConfigName"]).request
    if _is_serverless(config) and not _is_serverless(old):
        # that it is refused is documented, AWS's text is not public
        raise validation("An instance-based endpoint cannot be updated to be serverless.")
    request = {**record.request, "EndpointConfigName": r["EndpointConfigName"]}
    changed = replace(record, request=request, config=config, modified=round(c.now, 3))
    c.update(ENDPOINT, name, changed)
    return {"EndpointArn": c.arn(ENDPOINT, name)}


@operation
def delete_endpoint(c: Context, r: Members) -> None:
    """Delete an endpoint, at once; while it is in progress that is refused."""
    _refuse_in_progress(c, c.head(ENDPOINT, r["EndpointName"]))
    c.delete(ENDPOINT, r["EndpointName"])


@operation
def list_endpoints(c: Context, r: Members) -> Members:
    """List endpoints; those that were created last come first, unless told otherwise."""
    return list_page(c, r, ENDPOINT, partial(_brief, c))


def _brief(c: Context, record: Record) -> Members:
    name = record.request["EndpointName"]
    return {
        "EndpointName": name,
        "EndpointArn": c.arn(ENDPOINT, name),
        "CreationTime": record.created,
        "LastModifiedTime": record.modified,
        "EndpointStatus": "Creating" if _is_creating(c, record) else "InService",
    }


def _is_serverless(config: Mapping[str, Any]) -> bool:
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])


def _is_creating(c: Context, record: Record) -> bool:
    return c.now < record.created + c.behaviour.creating_seconds


def _refuse_in_progress(c: Context, record: Record) -> None:
    if _is_creating(c, record):
        # verbatim, with the word "update" for a deletion too (fidelity corpus, *-in-progress)
        arn = c.arn(ENDPOINT, record.request["EndpointName"])
        raise validation(f'Cannot update in-progress endpoint "{arn}".')


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
