"""The counts of writes: exact for as long as anything can tell, and bounded."""

import pytest

from sm_emulator.store import writes
from sm_emulator.store.writes import Writes
from tests.support.virtual_store import World, key, late


@pytest.fixture
def remembered(monkeypatch):
    monkeypatch.setattr(writes, "REMEMBERED", 3)


def live(counts, name):
    counts.add(key(name), deletes=False)
    return counts.add(key(name), deletes=True)


def test_a_name_that_is_used_again_goes_on_counting():
    counts = Writes()
    assert [live(counts, "k"), live(counts, "k"), counts[key("k")]] == [2, 4, 4]


def test_names_that_are_gone_for_long_are_not_kept(remembered):
    counts = Writes()
    for i in range(1000):
        live(counts, f"k{i}")
    assert len(counts._counts) == len(counts._deleted) == 3


def test_living_names_are_counted_however_many_go(remembered):
    counts = Writes()
    counts.add(key("k"), deletes=True)
    counts.add(key("k"), deletes=False)
    for i in range(100):
        live(counts, f"k{i}")
    assert counts.add(key("k"), deletes=False) == 3


def test_the_numbers_of_a_forgotten_name_never_repeat(remembered):
    counts = Writes()
    last = live(counts, "k")
    for i in range(100):
        live(counts, f"k{i}")
    assert key("k") not in counts._counts
    assert counts.add(key("k"), deletes=False) > last


def test_a_forgotten_name_changes_none_whose_hash_is_another(remembered):
    counts = Writes()
    for i in range(10):
        live(counts, f"k{i}")
    assert counts.add(key("new"), deletes=False) == 1


def test_a_history_with_forgotten_names_still_keeps_its_guarantees(remembered):
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
    assert len(world.store._state.writes._counts) == 3
