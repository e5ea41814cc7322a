"""What a store shows, to which reads, and when."""

import pytest

from sm_emulator.consistency.build import build
from sm_emulator.store.lag import Constant
from sm_emulator.store.reading import Read
from sm_emulator.store.rules import Consistency, ConsistencyRule
from sm_emulator.store.version import MAX_VERSIONS
from tests.support.virtual_store import ONE_COPY, VirtualStore, counted, key, late

STALEST = {"replicas": {"choice": "stalest"}}


def test_without_rules_everything_is_visible_immediately():
    virtual = VirtualStore({})
    virtual.create()
    assert virtual.read() == Read("v1", "describe")
    virtual.update()
    assert virtual.see() == "v2"
    virtual.delete()
    assert virtual.see() is None


def test_what_was_never_written_is_absent_and_no_rule_is_to_blame():
    assert VirtualStore(late()).read() == Read(None, "describe")


def test_a_single_copy_shows_a_write_after_its_lag():
    virtual = VirtualStore(late("2s", **ONE_COPY))
    virtual.create()
    assert virtual.read() == Read(None, "describe", 0, 1, 0.0, "late")
    virtual.clock.advance(1.999)
    assert virtual.see() is None
    virtual.clock.advance(0.001)
    assert virtual.read() == Read("v1", "describe", None, 0, pytest.approx(2.0), "late")


def test_the_leader_shows_a_write_when_it_is_acknowledged():
    virtual = VirtualStore(late(replicas={"choice": "leader"}))
    virtual.create()
    assert virtual.read() == Read("v1", "describe", 0, 0, 0.0, "late")


@pytest.mark.parametrize(("acknowledged", "fresh"), [(0, 0), (1, 1), (2, 2), (3, 3)])
def test_the_copies_that_acknowledged_a_write_show_it(acknowledged, fresh):
    virtual = VirtualStore(late(replicas={"visible_at_ack": acknowledged, "choice": "round_robin"}))
    virtual.create()
    assert [virtual.see() for _ in range(3)].count("v1") == fresh


def test_round_robin_goes_through_the_replicas():
    virtual = VirtualStore(late(replicas={"choice": "round_robin"}))
    virtual.create()
    assert [virtual.read().replica for _ in range(6)] == [0, 1, 2, 0, 1, 2]


def test_the_stalest_replica_hides_it_and_the_freshest_shows_it():
    for choice, value in (("stalest", None), ("freshest", "v1")):
        virtual = VirtualStore(late(replicas={"choice": choice}))
        virtual.create()
        assert virtual.see() == value


def test_a_sticky_session_reads_the_same_replica_each_time():
    virtual = VirtualStore(late(replicas={"choice": "sticky"}))
    virtual.create()
    assert len({virtual.read().replica for _ in range(10)}) == 1


def test_random_reads_go_to_all_replicas():
    virtual = VirtualStore(late())
    virtual.create()
    assert {virtual.read().replica for _ in range(30)} == {0, 1, 2}


def test_several_replicas_are_read_and_the_newest_answer_wins():
    virtual = VirtualStore(late(replicas={"read_replicas": 3}))
    virtual.create()
    assert [virtual.see() for _ in range(10)] == ["v1"] * 10


def test_selected_replicas_are_different_ones():
    virtual = VirtualStore(late(replicas={"read_replicas": 2, "visible_at_ack": 2}))
    virtual.create()
    assert [virtual.see() for _ in range(20)] == ["v1"] * 20, "two of three, and two are fresh"


def test_max_lag_caps_every_lag():
    virtual = VirtualStore({**late("10s", **STALEST), "bounds": {"max_lag": "500ms"}})
    virtual.create()
    virtual.clock.advance(0.499)
    assert virtual.see() is None
    virtual.clock.advance(0.001)
    assert virtual.see() == "v1"


def test_a_rule_may_cap_its_own_lag():
    table = late("10s", **STALEST)
    table["rules"][0]["max_lag"] = "500ms"
    virtual = VirtualStore(table)
    virtual.create()
    virtual.clock.advance(0.5)
    assert virtual.see() == "v1"


# -- the five kinds of staleness, as far as there are surfaces ------------------------------------


@pytest.mark.parametrize("after", ["create", "update", "delete"])
def test_only_the_kind_of_write_that_a_rule_names_is_late(after):
    virtual = VirtualStore(late(after=[after], **STALEST))
    seen = []
    virtual.create()
    seen.append(virtual.see())
    virtual.store.settle()
    virtual.update()
    seen.append(virtual.see())
    virtual.store.settle()
    virtual.delete()
    seen.append(virtual.see())
    fresh = ["v1", "v2", None]
    stale = {"create": None, "update": "v1", "delete": "v2"}[after]
    assert seen == [
        stale if kind == after else value
        for kind, value in zip(["create", "update", "delete"], fresh, strict=True)
    ]


def test_a_name_taken_again_may_show_its_old_incarnation():
    virtual = VirtualStore(late(after=["delete", "create"], **STALEST))
    virtual.create(value="old")
    virtual.store.settle()
    virtual.delete()
    virtual.create(value="new")
    assert virtual.see() == "old"
    virtual.clock.advance(1)
    assert virtual.see() == "new"


def test_a_replica_may_skip_a_version():
    virtual = VirtualStore(late("1s", **STALEST))
    virtual.create()
    virtual.clock.advance(0.5)
    virtual.store.consistency = build(late("100ms", **STALEST))
    virtual.update()
    virtual.clock.advance(0.1)
    assert virtual.see() == "v2", "although the create is still late"


# -- reads that miss by number --------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 5])
def test_exactly_the_given_number_of_reads_miss(n):
    virtual = VirtualStore(counted(n))
    virtual.create()
    assert [virtual.see() for _ in range(n + 2)] == [None] * n + ["v1"] * 2


def test_no_time_ends_what_is_counted_by_reads():
    virtual = VirtualStore(counted(1))
    virtual.create()
    virtual.clock.advance(10_000)
    assert [virtual.see(), virtual.see()] == [None, "v1"]


def test_consistent_reads_see_the_head_and_are_not_counted():
    virtual = VirtualStore(counted(2))
    virtual.create()
    assert virtual.read(consistent=True) == Read("v1", "describe")
    assert [virtual.see() for _ in range(3)] == [None, None, "v1"]


def test_reads_are_counted_over_all_surfaces():
    virtual = VirtualStore(counted(2))
    virtual.create()
    assert [virtual.see(surface="load"), virtual.see(), virtual.see(surface="load")] == [
        None,
        None,
        "v1",
    ]


def test_reads_that_the_rule_does_not_match_are_not_counted():
    virtual = VirtualStore(counted(1, surfaces=["load"]))
    virtual.create()
    assert [virtual.see(), virtual.see(surface="load"), virtual.see(surface="load")] == [
        "v1",
        None,
        "v1",
    ]


def test_each_version_is_missed_the_given_number_of_times():
    virtual = VirtualStore(counted(1))
    virtual.create()
    virtual.update()
    assert [virtual.see() for _ in range(3)] == [None, "v1", "v2"]


def test_reads_may_be_counted_for_each_session_apart():
    virtual = VirtualStore(counted(1, per="session"))
    virtual.create()
    assert [virtual.see(session=s) for s in ("a", "b", "a", "b")] == [None, None, "v1", "v1"]
    virtual.clock.advance(1000)
    assert [virtual.see(session="c") for _ in range(2)] == [None, "v1"]


def test_how_many_reads_miss_may_be_drawn():
    virtual = VirtualStore(counted({"ends": 0.5}))
    misses = []
    for i in range(2000):
        virtual.create(f"k{i}")
        misses.append(0)
        while virtual.see(f"k{i}") is None:
            misses[-1] += 1
    assert sum(misses) / len(misses) == pytest.approx(1.0, abs=0.1)
    assert misses.count(0) / len(misses) == pytest.approx(0.5, abs=0.05)


def test_a_read_that_certainly_ends_it_misses_nothing():
    virtual = VirtualStore(counted({"ends": 1}))
    virtual.create()
    assert virtual.see() == "v1"


# -- which rule -----------------------------------------------------------------------------------


def two(first: dict, second: dict) -> dict:
    rules = [
        {"name": name, "lag": {"dist": "constant", "value": lag}, "match": match}
        for name, lag, match in (("one", 1, first), ("two", 5, second))
    ]
    return {"bounds": {"max_lag": "1h"}, "rules": rules, **STALEST}


def test_the_first_rule_that_matches_decides():
    virtual = VirtualStore(two({"names": "a*"}, {}))
    for name in ("abc", "xyz"):
        virtual.create(name)
    assert [virtual.read(name).rule for name in ("abc", "xyz")] == ["one", "two"]
    virtual.clock.advance(1)
    assert [virtual.see(name) for name in ("abc", "xyz")] == ["v1", None]


def test_each_read_has_its_own_first_rule():
    virtual = VirtualStore(two({"operations": ["CreateEndpoint"]}, {}))
    virtual.create()
    virtual.clock.advance(1)
    assert virtual.read(operation="CreateEndpoint").rule == "one"
    assert virtual.read(operation="CreateEndpoint").value == "v1"
    assert virtual.read(operation="UpdateEndpoint").value is None


def test_a_rule_of_another_type_or_name_changes_nothing():
    virtual = VirtualStore(late(types=["Model"], names="k"))
    virtual.create()
    assert virtual.read() == Read("v1", "describe")
    virtual.store.write(key("k", "Model"), "m", "create")
    assert {virtual.store.read(key("k", "Model"), "load", "X").value for _ in range(20)} == {None, "m"}


def test_a_surface_that_no_rule_names_is_consistent_while_another_is_late():
    virtual = VirtualStore(late(surfaces=["load"], **STALEST))
    virtual.create()
    assert virtual.see(surface="load") is None
    assert virtual.read(surface="describe") == Read("v1", "describe")


@pytest.mark.parametrize(("probability", "low", "high"), [(0, 0, 0), (0.2, 0.15, 0.25), (1, 1, 1)])
def test_a_write_is_late_with_the_probability_of_the_rule(probability, low, high):
    virtual = VirtualStore(late(probability=probability, **STALEST))
    missed = 0
    for i in range(1000):
        virtual.create(f"k{i}")
        missed += virtual.see(f"k{i}") is None
    assert low <= missed / 1000 <= high


def test_whether_a_write_is_late_is_decided_once():
    virtual = VirtualStore(late(probability=0.5, **STALEST))
    for i in range(50):
        virtual.create(f"k{i}")
    first = [virtual.see(f"k{i}") for i in range(50)]
    assert [virtual.see(f"k{i}") for i in range(50)] == first
    assert len(set(first)) == 2


def test_the_leader_has_what_is_written_and_not_what_is_deleted_whoever_sees_it():
    virtual = VirtualStore(late(names="late-*", **STALEST))
    for name in ("a", "late-b", "late-c"):
        virtual.create(name, name)
    virtual.store.write(key("m", "Model"), "m", "create")
    virtual.delete("late-c")
    assert sorted(virtual.store.leader_values("us-east-1", "EndpointConfig")) == ["a", "late-b"]
    assert list(virtual.store.leader_values("eu-west-1", "EndpointConfig")) == []


# -- while it runs --------------------------------------------------------------------------------


def test_settling_shows_everything_to_everyone():
    virtual = VirtualStore(counted(5))
    virtual.create()
    virtual.update("k2", "x")
    virtual.store.settle()
    assert [virtual.see(), virtual.see("k2")] == ["v1", "x"]
    assert list(virtual.store.pending()) == []


def test_what_is_written_keeps_its_visibility_under_another_consistency():
    virtual = VirtualStore(late("2s", **STALEST))
    virtual.create()
    virtual.store.consistency = Consistency()
    assert virtual.see() in {None, "v1"}
    virtual.store.consistency = build({"replicas": {"count": 10, "choice": "stalest"}})
    assert virtual.see() is None
    virtual.clock.advance(2)
    assert virtual.see() == "v1"


def test_what_is_written_late_enough_is_visible_immediately():
    virtual = VirtualStore({**late(**STALEST), "bounds": {"max_lag": "1h", "quiesce_after": "10s"}})
    virtual.create("early")
    virtual.clock.advance(10)
    virtual.create("quiet")
    assert virtual.see("quiet") == "v1"


def test_pending_shows_where_and_until_when():
    virtual = VirtualStore(late("2s", surfaces=["load"]))
    virtual.create()
    listed = [
        (p.key.name, p.write, p.surface, p.replica, p.until, p.reads, p.rule)
        for p in virtual.store.pending()
    ]
    assert listed == [("k", "create", "load", replica, 1002.0, None, "late") for replica in (1, 2)]


@pytest.mark.parametrize("per", ["version", "session"])
def test_pending_shows_how_many_misses_are_left(per):
    virtual = VirtualStore(counted(3, surfaces=["load"], per=per))
    virtual.create()
    virtual.see(surface="load")
    (listed,) = virtual.store.pending()
    assert (listed.replica, listed.until, listed.reads) == (None, None, 2 if per == "version" else 3)


def test_pending_is_in_the_order_of_the_last_writes_of_all_types():
    virtual = VirtualStore(late())
    keys = [key(name, type_) for name in "ba" for type_ in ("Model", "EndpointConfig")]
    for each in (keys[3], *keys):
        virtual.store.write(each, "v", "create")
    listed = [p.key for p in virtual.store.pending()]
    assert list(dict.fromkeys(listed)) == keys


def test_what_settles_while_pending_writes_are_listed_is_left_out():
    virtual = VirtualStore(late())
    virtual.create("a")
    virtual.create("b")
    listed = virtual.store.pending()
    assert next(listed).key == key("a")
    virtual.store.settle()
    assert {p.key for p in listed} == {key("a")}


def test_pending_is_in_the_order_of_the_writes():
    virtual = VirtualStore(late())
    for name in ("c", "a", "b"):
        virtual.create(name)
    assert [p.key.name for p in virtual.store.pending() if p.surface == "load"][::2] == ["c", "a", "b"]


# -- memory ---------------------------------------------------------------------------------------


def test_after_settling_there_is_one_version_for_each_live_key():
    virtual = VirtualStore(late("1s"))
    for i in range(200):
        virtual.create(f"k{i % 20}", i)
        virtual.update(f"k{i % 20}", -i)
        if i % 3 == 0:
            virtual.delete(f"k{i % 20}")
        virtual.clock.advance(0.01)
    virtual.clock.advance(5)
    assert list(virtual.store.pending()) == []
    for _ in range(10):  # each operation settles some
        virtual.see()
    chains = virtual.store._chains
    assert all(chain.is_settled for chain in chains._chains.values())
    assert all(chain.latest.value is not None for chain in chains._chains.values())
    assert not list(chains.unsettled())
    index = chains.index("us-east-1", "EndpointConfig")
    assert len(virtual.store) == len(chains._chains) == len(index.names) == len(index.created)


def test_unsettled_versions_of_a_key_are_bounded_and_only_move_forward():
    virtual = VirtualStore(late("1h", **STALEST))
    seen = []
    for i in range(MAX_VERSIONS + 20):
        virtual.update(value=i)
        seen.append(-1 if virtual.see() is None else virtual.see())
    assert len(virtual.store._chains[key()].versions) == MAX_VERSIONS
    assert virtual.bounds.evicted == {"versions": 21}
    assert seen == sorted(seen)
    assert seen[-1] == 20


def test_a_key_that_settles_by_a_later_write_is_not_disturbed_by_the_earlier_one():
    virtual = VirtualStore(late("2s", **STALEST))
    virtual.create()
    virtual.store.settle()
    virtual.clock.advance(1.5)
    virtual.update()
    virtual.clock.advance(0.6)  # the create's own time is up
    assert virtual.see() == "v1"
    virtual.clock.advance(1.4)
    assert virtual.see() == "v2"


def test_an_older_write_that_settles_later_changes_nothing():
    virtual = VirtualStore(late("5s", **STALEST))
    virtual.create()
    virtual.store.consistency = build(late("1s", **STALEST))
    virtual.update()
    virtual.clock.advance(1)
    assert virtual.see() == "v2"
    virtual.clock.advance(4)
    assert virtual.see() == "v2"


def test_lags_of_nothing_hold_nothing_back():
    virtual = VirtualStore(Consistency(rules=(ConsistencyRule("r", lag=Constant(0.0)),)))
    virtual.create()
    assert list(virtual.store.pending()) == []
