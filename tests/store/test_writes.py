"""The numbers of writes: they never repeat, and memory is bounded though no name be used twice."""

import pytest

from sm_emulator.store.checker import check
from tests.support.virtual_store import VirtualStore, key, late

FEW = {"entries": 3}


def numbers(virtual: VirtualStore, name: str) -> list[int]:
    """Create and delete a key; return the numbers of all its writes so far."""
    virtual.create(name)
    virtual.delete(name)
    return [e.version for e in virtual.store.history.snapshot()[1:] if e.key == key(name)]


def test_a_name_that_is_used_again_goes_on_counting():
    virtual = VirtualStore({})
    numbers(virtual, "k")
    assert numbers(virtual, "k") == [1, 2, 3, 4]


@pytest.mark.slow
def test_names_deleted_long_ago_are_not_kept():
    virtual = VirtualStore({}, **FEW)
    for i in range(1000):
        numbers(virtual, f"k{i}")
    assert len(virtual.store._chains._deleted) == 3
    assert virtual.bounds.evicted == {"deleted names": 997}


def test_living_names_are_counted_however_many_are_deleted():
    virtual = VirtualStore({}, **FEW)
    virtual.create()
    for i in range(100):
        numbers(virtual, f"k{i}")
    virtual.update()
    virtual.delete()
    written = [e.version for e in virtual.store.history.snapshot()[1:] if e.key == key()]
    assert written == [1, 2, 3]


def test_the_numbers_of_a_name_deleted_long_ago_never_repeat():
    virtual = VirtualStore({}, **FEW)
    for i in [0, 0, *range(100)]:
        numbers(virtual, f"k{i}")
    written = numbers(virtual, "k0")
    assert written == sorted(set(written))


def test_a_history_with_names_deleted_long_ago_still_keeps_its_guarantees():
    virtual = VirtualStore(late("0.1s", session=["ryw", "mr"]), **FEW)
    for i in range(50):
        name = f"k{i % 7}"
        virtual.create(name)
        virtual.see(name)
        virtual.clock.advance(1)
        virtual.delete(name)
        virtual.clock.advance(1)
        assert virtual.see(name) is None
        virtual.create(name)
        assert virtual.see(name) == "v1"
        virtual.delete(name)
    assert check(virtual.store.history.snapshot()) is None
