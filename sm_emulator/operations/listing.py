"""What the three lists have in common: order, pages, tokens and filters."""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, lt

from sm_emulator.operations.registry import Context, Members, Record
from sm_emulator.operations.token import bad_token, read_token, write_token
from sm_emulator.resources import Resource
from sm_emulator.store import ExpiredError, Mark, Order

# Documented for ListEndpoints, assumed for the others
_PAGE = 10
_EVERYTHING = 2**31
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


def list_page(
    c: Context, r: Members, resource: Resource, summarise: Callable[[Record], Members]
) -> Members:
    """Give a page of summaries, filtered after it was read, as SageMaker does.

    So a page may hold less than MaxResults, or nothing, and still not be the last
    (boto/boto3#1966, aws/aws-sdk#701). With `filter_after_page` off it is filled up instead.
    """
    wanted = sorted((name, value) for name, value in r.items() if name not in _PAGING)
    scope = (c.account, c.region, c.operation, wanted)
    limit = r.get("MaxResults", _PAGE)
    further: Mark | None = read_token(r, *scope)
    shown: list[Members] = []
    while further is not None:
        summaries, further = _read(c, r, resource, summarise, further, limit - len(shown))
        shown += [s for s in summaries if _passes(s, s[f"{resource.type}Name"], r)]
        if c.behaviour.filter_after_page or len(shown) == limit:
            break
    answer: Members = {f"{resource.type}s": shown}
    if further is not None:
        answer["NextToken"] = write_token(further, *scope)
    return answer


def _read(
    c: Context,
    r: Members,
    resource: Resource,
    summarise: Callable[[Record], Members],
    mark: Mark,
    limit: int,
) -> tuple[list[Members], Mark | None]:
    by = r.get("SortBy", "CreationTime")
    descending = r.get("SortOrder", "Descending") == "Descending"
    if by == "Status":
        return _by_status(c, resource, summarise, mark, limit, descending=descending)
    try:
        page = c.page(resource, Order("name" if by == "Name" else "created", descending), limit, mark)
    except ExpiredError:
        raise bad_token() from None
    return [summarise(_record(value)) for _, value in page.items], page.next


def _by_status(
    c: Context,
    resource: Resource,
    summarise: Callable[[Record], Members],
    mark: Mark,
    limit: int,
    *,
    descending: bool,
) -> tuple[list[Members], Mark | None]:
    """Sort all there is by status and name: no index is kept by what time alone can change."""
    page = c.page(resource, Order("name"), _EVERYTHING, Mark())
    status, name = f"{resource.type}Status", f"{resource.type}Name"
    placed = {(s[status], s[name]): s for _, value in page.items for s in (summarise(_record(value)),)}
    places = sorted(placed, reverse=descending)
    if mark.position is not None:
        places = [p for p in places if (p < mark.position if descending else p > mark.position)]
    shown = places[:limit]
    further = Mark(shown[-1]) if len(places) > limit else None
    return [placed[place] for place in shown], further


def _passes(summary: Members, name: str, r: Members) -> bool:
    """Tell whether the request's filters let a summary pass. The case of names matters (assumed)."""
    if r.get("NameContains", "") not in name:
        return False
    for member, shown in _EQUALS.items():
        if member in r and r[member] not in {summary[name] for name in shown if name in summary}:
            return False
    return all(
        compare(summary[member], r[wanted]) for wanted, member, compare in _FILTERS if wanted in r
    )


def _record(value: object) -> Record:
    assert isinstance(value, Record)
    return value
