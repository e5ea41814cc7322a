"""Lags are drawn when somebody asks for them, and are the same whenever that is."""

from sm_emulator.store import Consistency, ConsistencyRule
from tests.support.virtual_store import World, key, late


class Counting:
    """A lag of half a second that counts how often it is drawn."""

    def __init__(self):
        self.drawn = 0

    def sample(self, u):
        self.drawn += 1
        return 0.5


def world_of(lag, max_lag):
    return World(Consistency(rules=(ConsistencyRule("late", lag=lag),), max_lag=max_lag))


def test_what_nobody_asks_for_is_never_drawn():
    lag = Counting()
    world = world_of(lag, max_lag=1.0)
    for i in range(10):
        world.create(f"k{i}")
    world.clock.advance(1)
    assert world.see("k3") == "v1"
    assert list(world.store.pending()) == []
    assert lag.drawn == 0


def test_a_write_is_drawn_once_however_often_it_is_read():
    lag = Counting()
    world = world_of(lag, max_lag=1.0)
    world.create("other")
    world.create()
    for _ in range(5):
        world.read()
    assert lag.drawn == 2 + 2 + 3  # describe and load of two replicas, and the list of three
    world.clock.advance(0.5)
    world.read()
    assert lag.drawn == 7


def test_a_describe_of_what_has_settled_draws_nothing():
    lag = Counting()
    world = world_of(lag, max_lag=1.0)
    world.create()
    world.clock.advance(1)
    world.see()
    assert lag.drawn == 0


def test_what_may_be_late_for_long_is_drawn_after_five_seconds_and_let_go():
    lag = Counting()
    world = world_of(lag, max_lag=3600.0)
    world.create()
    world.create("deleted")
    world.delete("deleted")
    world.clock.advance(5)
    world.read("another")
    assert lag.drawn == 21
    assert list(world.store.pending()) == []


def test_it_is_the_same_lag_whenever_it_is_drawn():
    table = late(lag="1s", bounds={"max_lag": "1h"})
    table["rules"][0]["lag"] = {"dist": "lognormal", "median": "20s", "sigma": 1}
    seen = []
    for looks in (True, False):
        world = World(table)
        world.create()
        if looks:
            world.store.replicas(key(), "describe", "Describe")
        world.clock.advance(4.9)
        seen.append([(p.surface, p.replica, p.until) for p in world.store.pending()])
    assert seen[0] == seen[1]
    assert seen[0]
