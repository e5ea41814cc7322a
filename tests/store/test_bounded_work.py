"""No operation's work grows with what is pending: it would hold up every client. Counted in calls."""

import gc
import sys

import pytest

from sm_emulator.store.index import SortOrder
from sm_emulator.store.reading import Session
from tests.support.virtual_store import VirtualStore, key, late

FEW, MANY = 300, 3000


def calls(function) -> int:
    """Count the Python functions that a call enters."""
    entered = 0

    def count(frame, event, argument):
        nonlocal entered
        entered += event == "call"

    before = sys.getprofile()
    gc.disable()  # the callbacks of others on a collection are no work of the function's
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
        gc.enable()
    return entered


def filled(n: int, **more) -> VirtualStore:
    virtual = VirtualStore(late("1h", **more))
    for i in range(n):
        virtual.create(f"k{i:05}")
    return virtual


def work(function, n: int, wait: float = 0.0, **more) -> int:
    virtual = filled(n, **more)
    virtual.clock.advance(wait)
    return calls(lambda: function(virtual))


def page(virtual: VirtualStore, order: SortOrder) -> None:
    session = Session("s")
    virtual.store.page("us-east-1", "EndpointConfig", "ListEndpointConfigs", order, 10, session)


OPERATIONS = {
    "read": lambda virtual: virtual.see("k00007"),
    "read of nothing": lambda virtual: virtual.see("nothing"),
    "write": lambda virtual: virtual.update("k00007"),
    "settle": lambda virtual: virtual.store.settle(),
    "pending": lambda virtual: virtual.store.pending(),
    "page by name": lambda virtual: page(virtual, SortOrder()),
    "page by creation": lambda virtual: page(virtual, SortOrder("created", descending=True)),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("wait", [0.0, 5.0, 3600.0], ids=["pending", "drawn", "due"])
def test_work_does_not_grow_with_what_is_pending(operation, wait):
    surfaces = ["describe", "load"]  # a page shows them, so that it ends after ten
    few, many = (work(operation, n, wait, surfaces=surfaces) for n in (FEW, MANY))
    assert many <= few * 1.2


def test_a_settled_store_shows_the_latest_of_all():
    virtual = filled(FEW, session=["ryw"])
    virtual.store.settle()
    assert list(virtual.store.pending()) == []
    virtual.update("k00001", "v3")
    assert virtual.see("k00000", session="t") == "v1"
    assert {item.key for item in virtual.store.pending()} == {key("k00001")}
    assert len(virtual.store) == FEW
