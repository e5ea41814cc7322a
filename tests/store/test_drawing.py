"""Lags are drawn when a read needs them, and are the same whenever that is."""

from sm_emulator.store.rules import Consistency, ConsistencyRule
from tests.support.virtual_store import VirtualStore, key, late


class Counting:
    """A lag of half a second that counts how often it is drawn."""

    def __init__(self):
        self.drawn = 0

    def sample(self, u):
        self.drawn += 1
        return 0.5


def virtual_store(lag, max_lag):
    return VirtualStore(Consistency(rules=(ConsistencyRule("late", lag=lag),), max_lag=max_lag))


def test_a_lag_that_no_read_needs_is_never_drawn():
    lag = Counting()
    virtual = virtual_store(lag, max_lag=1.0)
    for i in range(10):
        virtual.create(f"k{i}")
    virtual.clock.advance(1)
    assert virtual.see("k3") == "v1"
    assert list(virtual.store.pending()) == []
    assert lag.drawn == 0


def test_a_write_is_drawn_once_however_often_it_is_read():
    lag = Counting()
    virtual = virtual_store(lag, max_lag=1.0)
    virtual.create("other")
    virtual.create()
    for _ in range(5):
        virtual.read()
    assert lag.drawn == 2 + 2 + 3  # describe and load of two replicas, and the list of three
    virtual.clock.advance(0.5)
    virtual.read()
    assert lag.drawn == 7


def test_a_describe_of_what_has_settled_draws_nothing():
    lag = Counting()
    virtual = virtual_store(lag, max_lag=1.0)
    virtual.create()
    virtual.clock.advance(1)
    virtual.see()
    assert lag.drawn == 0


def test_a_long_lag_is_drawn_after_five_seconds_and_settled():
    lag = Counting()
    virtual = virtual_store(lag, max_lag=3600.0)
    virtual.create()
    virtual.create("deleted")
    virtual.delete("deleted")
    virtual.clock.advance(5)
    virtual.read("another")
    assert lag.drawn == 21
    assert list(virtual.store.pending()) == []


def test_it_is_the_same_lag_whenever_it_is_drawn():
    table = late(lag="1s", bounds={"max_lag": "1h"})
    table["rules"][0]["lag"] = {"dist": "lognormal", "median": "20s", "sigma": 1}
    seen = []
    for looks in (True, False):
        virtual = VirtualStore(table)
        virtual.create()
        if looks:
            virtual.store.replicas(key(), "describe", "Describe")
        virtual.clock.advance(4.9)
        seen.append([(p.surface, p.replica, p.until) for p in virtual.store.pending()])
    assert seen[0] == seen[1]
    assert seen[0]


def test_what_became_visible_unnoticed_is_not_drawn_to_be_listed_as_pending():
    lag = Counting()
    virtual = virtual_store(lag, max_lag=1.0)
    for i in range(300):
        virtual.create(f"k{i}")
    virtual.clock.advance(1)
    assert list(virtual.store.pending()) == []
    assert lag.drawn == 0
