"""What all lists have in common: order, pages, pagination tokens and filters."""

import base64
import binascii
from collections.abc import Callable, Generator, Iterable
from functools import partial
from hashlib import blake2b
from operator import ge, itemgetter, lt
from typing import Any

import orjson

from sm_emulator.catalog import refusal
from sm_emulator.operations.registry import OPERATIONS, PAUSE, Context, Members, OperationSteps
from sm_emulator.operations.state import Record
from sm_emulator.resources import RESOURCES, Resource
from sm_emulator.store.index import Position, SortOrder
from sm_emulator.store.listing import ExpiredError, Mark
from sm_emulator.wire.steps import Step

# Documented for ListEndpoints, assumed for the others
_PAGE = 10
_DIGEST = 12
# The types of a position in a list, by SortBy
_POSITIONS = {"Name": (str,), "Status": (str, str)}
_PAGING = frozenset({"NextToken", "MaxResults"})
_EQUALS = {
    "StatusEquals": ("EndpointStatus", "InferenceComponentStatus"),
    "EndpointNameEquals": ("EndpointName",),
    "VariantNameEquals": ("VariantName",),
}
# A member of the request, the member of a summary that it is compared with, and how. That times
# after are inclusive and times before are not is documented of creation times only.
_FILTERS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("CreationTimeAfter", "CreationTime", ge),
    ("CreationTimeBefore", "CreationTime", lt),
    ("LastModifiedTimeAfter", "LastModifiedTime", ge),
    ("LastModifiedTimeBefore", "LastModifiedTime", lt),
)


def list_page(c: Context, r: Members, resource: Resource) -> OperationSteps:
    """Return a page of summaries, filtered after it was read, as SageMaker does.

    So a page may hold less than MaxResults, or nothing, and still not be the last
    (boto/boto3#1966, aws/aws-sdk#701). With `filter_after_page` off it is filled up instead, as far as
    1,000 resources go.
    """
    yield from c.catch_up()

    def passes(value: object) -> bool:
        return _passes(resource, _summary(c, resource, value), r)

    filters = sorted((name, value) for name, value in r.items() if name not in _PAGING)
    scope = (c.account, c.region, c.operation, filters)
    limit, mark = r.get("MaxResults", _PAGE), _read_token(r, *scope)
    keep = None if c.behaviour.filter_after_page else passes
    descending = r.get("SortOrder", "Descending") == "Descending"
    if r.get("SortBy") == "Status":
        parts = c.walk(resource, keep)
        summaries, following = yield from _by_status(c, resource, parts, limit, mark, descending)
    else:
        try:
            order = SortOrder("name" if r.get("SortBy") == "Name" else "created", descending)
            page = c.page(resource, order, limit, mark=mark, keep=keep)
        except ExpiredError:
            raise refusal("token") from None
        summaries, following = [_summary(c, resource, value) for _, value in page.items], page.next
    answer: Members = {f"{resource.type}s": [s for s in summaries if _passes(resource, s, r)]}
    if following is not None:
        answer["NextToken"] = _write_token(following, *scope)
    return answer


OPERATIONS |= {f"List{each.type}s": partial(list_page, resource=each) for each in RESOURCES}


def refuse_token(request: Members) -> None:
    """Refuse any token, where there is never a second page."""
    if "NextToken" in request:
        raise refusal("token")


def _by_status(
    c: Context,
    resource: Resource,
    parts: Iterable[list[tuple[str, object]]],
    limit: int,
    mark: Mark,
    descending: bool,  # noqa: FBT001
) -> Generator[Step, Any, tuple[list[Members], Mark | None]]:
    """Return the first by status and name: the store has no index of what changes with time alone."""
    order = SortOrder("name", descending)
    first: list[tuple[Position, Members]] = []
    for nth, items in enumerate(parts):
        if nth:
            yield PAUSE
        for _, value in items:
            summary = _summary(c, resource, value)
            place = (summary[f"{resource.type}Status"], summary[f"{resource.type}Name"])
            if order.within(place, mark.position, None):
                first.append((place, summary))
        first = sorted(first, key=itemgetter(0), reverse=descending)[: limit + 1]
    following = Mark(first[limit - 1][0]) if len(first) > limit else None
    return [summary for _, summary in first[:limit]], following


def _passes(resource: Resource, summary: Members, r: Members) -> bool:
    """Return whether a summary passes the request's filters. The case of names matters (assumed)."""
    if r.get("NameContains", "") not in summary[f"{resource.type}Name"]:
        return False
    for member, shown in _EQUALS.items():
        if member in r and r[member] not in {summary[name] for name in shown if name in summary}:
            return False
    return all(
        compare(summary[member], r[wanted]) for wanted, member, compare in _FILTERS if wanted in r
    )


def _summary(c: Context, resource: Resource, value: object) -> Members:
    assert isinstance(value, Record)
    return c.summary(resource, value)


def _write_token(mark: Mark, *scope: object) -> str:
    """Write an opaque token that is valid for `scope` only: scenario, operation, order and filters."""
    payload = orjson.dumps(list(mark))
    return base64.urlsafe_b64encode(_digest(payload, scope) + payload).decode()


def _read_token(request: Members, *scope: object) -> Mark:
    """Read the request's NextToken. Raises ServiceError for one that was not written for `scope`."""
    token = request.get("NextToken")
    if token is None:
        return Mark()
    try:
        raw = base64.urlsafe_b64decode(token.encode())
    except (binascii.Error, ValueError):
        raise refusal("token") from None
    digest, payload = raw[:_DIGEST], raw[_DIGEST:]
    if digest != _digest(payload, scope):
        raise refusal("token")
    match orjson.loads(payload), _POSITIONS.get(request.get("SortBy", ""), (int, str)):
        case [None, int(snapshot), int(start)], _ if snapshot > 0 and start > 0:
            return Mark(None, snapshot, start)
        case [list(position), 0, 0], types if tuple(map(type, position)) == types:
            return Mark(tuple(position))
    raise refusal("token")  # forged: the digest has no secret, so that tokens are the same for a seed


def _digest(payload: bytes, scope: tuple[object, ...]) -> bytes:
    return blake2b(payload + repr(scope).encode(), digest_size=_DIGEST).digest()
