"""Tags of any resource with an ARN. Changing tags is a write of the resource."""

from collections.abc import Iterable
from dataclasses import replace

from sm_emulator.catalog import refusal
from sm_emulator.errors import ServiceError
from sm_emulator.operations.listing import refuse_token
from sm_emulator.operations.registry import Context, Members, operation
from sm_emulator.operations.state import Record
from sm_emulator.resources import RESOURCES, Resource

_MOST = 50


@operation
def add_tags(c: Context, r: Members) -> Members:
    """Add tags, or replace those of the same key; return all tags of the resource."""
    refuse_tags(r)
    resource, name, record = _head(c, r["ResourceArn"])
    tags = {tag["Key"]: tag for tag in (*record.tags, *r["Tags"])}
    if len(tags) > _MOST:
        raise refusal("tags-many", most=_MOST, count=len(tags))
    c.update(resource, name, replace(record, tags=tuple(tags.values())))
    return {"Tags": list(tags.values())}


@operation
def delete_tags(c: Context, r: Members) -> Members:
    """Remove tags; keys that the resource does not have are ignored."""
    _refuse_system_keys(r["TagKeys"])
    resource, name, record = _head(c, r["ResourceArn"])
    tags = tuple(tag for tag in record.tags if tag["Key"] not in r["TagKeys"])
    c.update(resource, name, replace(record, tags=tags))
    return {}


@operation
def list_tags(c: Context, r: Members) -> Members:
    """List tags, in one page: a resource has no more than the 50 that the smallest page holds."""
    refuse_token(r)
    resource, name = _find(c, r["ResourceArn"])
    try:
        return {"Tags": list(c.describe(resource, name).tags)}
    except ServiceError:
        raise refusal("tags-resource") from None


def refuse_tags(request: Members) -> None:
    """Refuse keys with AWS's own prefix in `Tags`, and duplicate keys."""
    keys = [tag["Key"] for tag in request.get("Tags", ())]
    _refuse_system_keys(keys)
    for key in keys:
        if (count := keys.count(key)) > 1:
            raise refusal("tags-unique", count=count, key=key)


def _refuse_system_keys(keys: Iterable[str]) -> None:
    for key in keys:
        if key.startswith("aws:"):
            raise refusal("tags-system", key=key)


def _head(c: Context, arn: str) -> tuple[Resource, str, Record]:
    """Read the tagged resource from the leader. Raises ServiceError if there is none."""
    resource, name = _find(c, arn)
    record = c.peek(resource, name)
    if record is None:
        raise refusal("tags-resource")
    return resource, name, record


def _find(c: Context, arn: str) -> tuple[Resource, str]:
    """Return the resource that an ARN names; its case matters. Raises ServiceError for any other ARN."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    for resource in RESOURCES:
        if resource.segment == kind and c.arn(resource, name) == arn:
            return resource, name
    raise refusal("tags-resource")
