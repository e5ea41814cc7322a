"""The numbers of writes: they never repeat, and memory is bounded though no name be used twice."""

import pytest

from sm_emulator.store import chains
from sm_emulator.store.checker import check
from tests.support.virtual_store import World, key, late


@pytest.fixture
def remembered(monkeypatch):
    monkeypatch.setattr(chains, "REMEMBERED", 3)


def numbers(world: World, name: str) -> list[int]:
    """Create and delete a key; return the numbers of all its writes so far."""
    world.create(name)
    world.delete(name)
    return [e.version for e in world.store.history.snapshot()[1:] if e.key == key(name)]


def test_a_name_that_is_used_again_goes_on_counting():
    world = World({})
    numbers(world, "k")
    assert numbers(world, "k") == [1, 2, 3, 4]


@pytest.mark.usefixtures("remembered")
def test_names_deleted_long_ago_are_not_kept():
    world = World({})
    for i in range(1000):
        numbers(world, f"k{i}")
    assert len(world.store._chains._deleted) == 3


@pytest.mark.usefixtures("remembered")
def test_living_names_are_counted_however_many_are_deleted():
    world = World({})
    world.create()
    for i in range(100):
        numbers(world, f"k{i}")
    world.update()
    world.delete()
    written = [e.version for e in world.store.history.snapshot()[1:] if e.key == key()]
    assert written == [1, 2, 3]


@pytest.mark.usefixtures("remembered")
def test_the_numbers_of_a_forgotten_name_never_repeat():
    world = World({})
    for i in [0, 0, *range(100)]:
        numbers(world, f"k{i}")
    written = numbers(world, "k0")
    assert written == sorted(set(written))


@pytest.mark.usefixtures("remembered")
def test_a_history_with_forgotten_names_still_keeps_its_guarantees():
    world = World(late("0.1s", session=["ryw", "mr"]))
    for i in range(50):
        name = f"k{i % 7}"
        world.create(name)
        world.see(name)
        world.clock.advance(1)
        world.delete(name)
        world.clock.advance(1)
        assert world.see(name) is None
        world.create(name)
        assert world.see(name) == "v1"
        world.delete(name)
    assert check(world.store.history.snapshot()) is None
