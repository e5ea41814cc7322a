"""What a store shows, to whom, and when."""

import pytest

from sm_emulator.consistency.build import build
from sm_emulator.store import Consistency, ConsistencyRule, Constant, Read
from sm_emulator.store.version import MAX_VERSIONS
from tests.support.virtual_store import ONE_COPY, World, counted, key, late

STALEST = {"replicas": {"choice": "stalest"}}


def test_without_rules_everything_is_visible_at_once():
    world = World({})
    world.create()
    assert world.read() == Read("v1", "describe")
    world.update()
    assert world.see() == "v2"
    world.delete()
    assert world.see() is None


def test_what_was_never_written_is_absent_and_no_rule_is_to_blame():
    assert World(late()).read() == Read(None, "describe")


def test_a_single_copy_shows_a_write_after_its_lag():
    world = World(late("2s", **ONE_COPY))
    world.create()
    assert world.read() == Read(None, "describe", 0, 1, 0.0, "late")
    world.clock.advance(1.999)
    assert world.see() is None
    world.clock.advance(0.001)
    assert world.read() == Read("v1", "describe", None, 0, pytest.approx(2.0), "late")


def test_the_leader_shows_a_write_when_it_is_acknowledged():
    world = World(late(replicas={"choice": "leader"}))
    world.create()
    assert world.read() == Read("v1", "describe", 0, 0, 0.0, "late")


@pytest.mark.parametrize(("acknowledged", "fresh"), [(0, 0), (1, 1), (2, 2), (3, 3)])
def test_so_many_copies_show_it_as_acknowledged_it(acknowledged, fresh):
    world = World(late(replicas={"visible_at_ack": acknowledged, "choice": "round_robin"}))
    world.create()
    assert [world.see() for _ in range(3)].count("v1") == fresh


def test_round_robin_goes_through_the_replicas():
    world = World(late(replicas={"choice": "round_robin"}))
    world.create()
    assert [world.read().replica for _ in range(6)] == [0, 1, 2, 0, 1, 2]


def test_the_stalest_replica_hides_it_and_the_freshest_shows_it():
    for choice, value in (("stalest", None), ("freshest", "v1")):
        world = World(late(replicas={"choice": choice}))
        world.create()
        assert world.see() == value


def test_a_sticky_session_meets_the_same_replica_each_time():
    world = World(late(replicas={"choice": "sticky"}))
    world.create()
    assert len({world.read().replica for _ in range(10)}) == 1


def test_random_reads_meet_all_replicas():
    world = World(late())
    world.create()
    assert {world.read().replica for _ in range(30)} == {0, 1, 2}


def test_several_replicas_are_asked_and_the_newest_answer_wins():
    world = World(late(replicas={"read_replicas": 3}))
    world.create()
    assert [world.see() for _ in range(10)] == ["v1"] * 10


def test_asked_replicas_are_different_ones():
    world = World(late(replicas={"read_replicas": 2, "visible_at_ack": 2}))
    world.create()
    assert [world.see() for _ in range(20)] == ["v1"] * 20, "two of three, and two are fresh"


def test_max_lag_caps_every_lag():
    world = World({**late("10s", **STALEST), "bounds": {"max_lag": "500ms"}})
    world.create()
    world.clock.advance(0.499)
    assert world.see() is None
    world.clock.advance(0.001)
    assert world.see() == "v1"


def test_a_rule_may_cap_its_own_lag():
    table = late("10s", **STALEST)
    table["rules"][0]["max_lag"] = "500ms"
    world = World(table)
    world.create()
    world.clock.advance(0.5)
    assert world.see() == "v1"


# -- the five kinds of staleness, as far as there are surfaces ------------------------------------


@pytest.mark.parametrize("after", ["create", "update", "delete"])
def test_only_the_kind_of_write_that_a_rule_names_is_late(after):
    world = World(late(after=[after], **STALEST))
    seen = []
    world.create()
    seen.append(world.see())
    world.store.settle()
    world.update()
    seen.append(world.see())
    world.store.settle()
    world.delete()
    seen.append(world.see())
    fresh = ["v1", "v2", None]
    stale = {"create": None, "update": "v1", "delete": "v2"}[after]
    assert seen == [
        stale if kind == after else value
        for kind, value in zip(["create", "update", "delete"], fresh, strict=True)
    ]


def test_a_name_taken_again_may_show_its_old_incarnation():
    world = World(late(after=["delete", "create"], **STALEST))
    world.create(value="old")
    world.store.settle()
    world.delete()
    world.create(value="new")
    assert world.see() == "old"
    world.clock.advance(1)
    assert world.see() == "new"


def test_a_replica_may_skip_a_version():
    world = World(late("1s", **STALEST))
    world.create()
    world.clock.advance(0.5)
    world.store.consistency = build(late("100ms", **STALEST))
    world.update()
    world.clock.advance(0.1)
    assert world.see() == "v2", "although the create is still late"


# -- reads that miss by number --------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 5])
def test_exactly_so_many_reads_miss(n):
    world = World(counted(n))
    world.create()
    assert [world.see() for _ in range(n + 2)] == [None] * n + ["v1"] * 2


def test_no_time_ends_what_is_counted_by_reads():
    world = World(counted(1))
    world.create()
    world.clock.advance(10_000)
    assert [world.see(), world.see()] == [None, "v1"]


def test_consistent_reads_see_the_head_and_are_not_counted():
    world = World(counted(2))
    world.create()
    assert world.read(consistent=True) == Read("v1", "describe")
    assert [world.see() for _ in range(3)] == [None, None, "v1"]


def test_reads_are_counted_over_all_surfaces():
    world = World(counted(2))
    world.create()
    assert [world.see(surface="load"), world.see(), world.see(surface="load")] == [None, None, "v1"]


def test_reads_that_the_rule_does_not_meet_are_not_counted():
    world = World(counted(1, surfaces=["load"]))
    world.create()
    assert [world.see(), world.see(surface="load"), world.see(surface="load")] == ["v1", None, "v1"]


def test_each_version_is_missed_so_often():
    world = World(counted(1))
    world.create()
    world.update()
    assert [world.see() for _ in range(3)] == [None, "v1", "v2"]


def test_reads_may_be_counted_for_each_session_apart():
    world = World(counted(1, per="session"))
    world.create()
    assert [world.see(session=s) for s in ("a", "b", "a", "b")] == [None, None, "v1", "v1"]
    world.clock.advance(1000)
    assert [world.see(session="c") for _ in range(2)] == [None, "v1"]


def test_how_many_reads_miss_may_be_drawn():
    world = World(counted({"ends": 0.5}))
    misses = []
    for i in range(2000):
        world.create(f"k{i}")
        misses.append(0)
        while world.see(f"k{i}") is None:
            misses[-1] += 1
    assert sum(misses) / len(misses) == pytest.approx(1.0, abs=0.1)
    assert misses.count(0) / len(misses) == pytest.approx(0.5, abs=0.05)


def test_a_read_that_certainly_ends_it_misses_nothing():
    world = World(counted({"ends": 1}))
    world.create()
    assert world.see() == "v1"


# -- which rule -----------------------------------------------------------------------------------


def two(first: dict, second: dict) -> dict:
    rules = [
        {"name": name, "lag": {"dist": "constant", "value": lag}, "match": match}
        for name, lag, match in (("one", 1, first), ("two", 5, second))
    ]
    return {"bounds": {"max_lag": "1h"}, "rules": rules, **STALEST}


def test_the_first_rule_that_matches_decides():
    world = World(two({"names": "a*"}, {}))
    for name in ("abc", "xyz"):
        world.create(name)
    assert [world.read(name).rule for name in ("abc", "xyz")] == ["one", "two"]
    world.clock.advance(1)
    assert [world.see(name) for name in ("abc", "xyz")] == ["v1", None]


def test_each_read_has_its_own_first_rule():
    world = World(two({"operations": ["CreateEndpoint"]}, {}))
    world.create()
    world.clock.advance(1)
    assert world.read(operation="CreateEndpoint").rule == "one"
    assert world.read(operation="CreateEndpoint").value == "v1"
    assert world.read(operation="UpdateEndpoint").value is None


def test_a_rule_of_another_type_or_name_changes_nothing():
    world = World(late(types=["Model"], names="k"))
    world.create()
    assert world.read() == Read("v1", "describe")
    world.store.write(key("k", "Model"), "m", "create")
    assert {world.store.read(key("k", "Model"), "load", "X").value for _ in range(20)} == {None, "m"}


def test_a_surface_that_no_rule_names_is_consistent_while_another_is_late():
    world = World(late(surfaces=["load"], **STALEST))
    world.create()
    assert world.see(surface="load") is None
    assert world.read(surface="describe") == Read("v1", "describe")


@pytest.mark.parametrize(("probability", "low", "high"), [(0, 0, 0), (0.2, 0.15, 0.25), (1, 1, 1)])
def test_a_write_is_late_with_the_probability_of_the_rule(probability, low, high):
    world = World(late(probability=probability, **STALEST))
    missed = 0
    for i in range(1000):
        world.create(f"k{i}")
        missed += world.see(f"k{i}") is None
    assert low <= missed / 1000 <= high


def test_whether_a_write_is_late_is_decided_once():
    world = World(late(probability=0.5, **STALEST))
    for i in range(50):
        world.create(f"k{i}")
    first = [world.see(f"k{i}") for i in range(50)]
    assert [world.see(f"k{i}") for i in range(50)] == first
    assert len(set(first)) == 2


def test_the_leader_has_what_is_written_and_not_what_is_deleted_whoever_sees_it():
    world = World(late(names="late-*", **STALEST))
    for name in ("a", "late-b", "late-c"):
        world.create(name, name)
    world.store.write(key("m", "Model"), "m", "create")
    world.delete("late-c")
    assert sorted(world.store.leader_values("us-east-1", "EndpointConfig")) == ["a", "late-b"]
    assert world.store.leader_values("eu-west-1", "EndpointConfig") == []


# -- while it runs --------------------------------------------------------------------------------


def test_settling_shows_everything_to_everyone():
    world = World(counted(5))
    world.create()
    world.update("k2", "x")
    world.store.settle()
    assert [world.see(), world.see("k2")] == ["v1", "x"]
    assert list(world.store.pending()) == []


def test_what_is_written_keeps_its_visibility_under_another_consistency():
    world = World(late("2s", **STALEST))
    world.create()
    world.store.consistency = Consistency()
    assert world.see() in {None, "v1"}
    world.store.consistency = build({"replicas": {"count": 10, "choice": "stalest"}})
    assert world.see() is None
    world.clock.advance(2)
    assert world.see() == "v1"


def test_what_is_written_late_enough_is_visible_at_once():
    world = World({**late(**STALEST), "bounds": {"max_lag": "1h", "quiesce_after": "10s"}})
    world.create("early")
    world.clock.advance(10)
    world.create("quiet")
    assert world.see("quiet") == "v1"


def test_pending_tells_where_and_until_when():
    world = World(late("2s", surfaces=["load"]))
    world.create()
    told = [
        (p.key.name, p.kind, p.surface, p.replica, p.until, p.reads, p.rule)
        for p in world.store.pending()
    ]
    assert told == [("k", "create", "load", replica, 1002.0, None, "late") for replica in (1, 2)]


@pytest.mark.parametrize("per", ["version", "session"])
def test_pending_tells_how_many_reads_are_owed(per):
    world = World(counted(3, surfaces=["load"], per=per))
    world.create()
    world.see(surface="load")
    (told,) = world.store.pending()
    assert (told.replica, told.until, told.reads) == (None, None, 2 if per == "version" else 3)


def test_pending_is_in_the_order_of_the_writes():
    world = World(late())
    for name in ("c", "a", "b"):
        world.create(name)
    assert [p.key.name for p in world.store.pending() if p.surface == "load"][::2] == ["c", "a", "b"]


# -- memory ---------------------------------------------------------------------------------------


def test_after_settling_there_is_one_version_for_each_live_key():
    world = World(late("1s"))
    for i in range(200):
        world.create(f"k{i % 20}", i)
        world.update(f"k{i % 20}", -i)
        if i % 3 == 0:
            world.delete(f"k{i % 20}")
        world.clock.advance(0.01)
    world.clock.advance(5)
    assert list(world.store.pending()) == []
    chains = world.store._chains
    assert all(chain.is_settled for chain in chains._chains.values())
    assert all(chain.latest.value is not None for chain in chains._chains.values())
    assert not list(chains.unsettled())
    index = chains.index("us-east-1", "EndpointConfig")
    assert len(world.store) == len(chains._chains) == len(index.names) == len(index.created)


def test_unsettled_versions_of_a_key_are_bounded_and_only_move_forward():
    world = World(late("1h", **STALEST))
    seen = []
    for i in range(MAX_VERSIONS + 20):
        world.update(value=i)
        seen.append(-1 if world.see() is None else world.see())
    assert len(world.store._chains[key()].versions) == MAX_VERSIONS
    assert seen == sorted(seen)
    assert seen[-1] == 20


def test_a_key_that_settles_by_a_later_write_is_not_disturbed_by_the_earlier_one():
    world = World(late("2s", **STALEST))
    world.create()
    world.store.settle()
    world.clock.advance(1.5)
    world.update()
    world.clock.advance(0.6)  # the create's own time is up
    assert world.see() == "v1"
    world.clock.advance(1.4)
    assert world.see() == "v2"


def test_an_older_write_that_settles_later_changes_nothing():
    world = World(late("5s", **STALEST))
    world.create()
    world.store.consistency = build(late("1s", **STALEST))
    world.update()
    world.clock.advance(1)
    assert world.see() == "v2"
    world.clock.advance(4)
    assert world.see() == "v2"


def test_lags_of_nothing_hold_nothing_back():
    world = World(Consistency(rules=(ConsistencyRule("r", lag=Constant(0.0)),)))
    world.create()
    assert list(world.store.pending()) == []
