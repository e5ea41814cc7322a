"""Session guarantees, order and bounds: each binds where it is on, and nothing does where it is off."""

import pytest

from sm_emulator.consistency.build import build
from sm_emulator.store.ordering import _MANY_SESSIONS
from tests.support.virtual_store import ONE_COPY, World, counted, key, late

STALEST = {"replicas": {"choice": "stalest"}}
IN_TURN = {"replicas": {"choice": "round_robin"}}


def bounds(**bounds: object) -> dict:
    return {"bounds": {"max_lag": "1h", **bounds}}


# -- one key --------------------------------------------------------------------------------------


def test_a_session_reads_its_own_writes_and_no_other_does():
    world = World(late(session=["ryw"], **ONE_COPY))
    world.create()
    assert [world.see(session=s) for s in ("s", "t")] == ["v1", None]
    world.update()
    assert [world.see(session=s) for s in ("s", "t")] == ["v2", None]
    world.delete(session="t")
    assert [world.see(session=s) for s in ("s", "t")] == ["v2", None]


def test_a_session_never_goes_back_under_monotonic_reads():
    without, under = World(late(**IN_TURN)), World(late(session=["mr"], **IN_TURN))
    for world in (without, under):
        world.create()
    assert [without.see() for _ in range(3)] == ["v1", None, None]
    assert [under.see() for _ in range(3)] == ["v1", "v1", "v1"]
    assert under.see(session="t") == "v1", "its first read asks the leader"
    assert World(late(session=["mr"], **STALEST)).see() is None


def test_what_a_session_saw_before_does_not_free_it_after_a_later_write():
    world = World(late(session=["mr"], **STALEST))
    world.create()
    world.store.settle()
    assert world.see() == "v1"
    world.update()
    assert world.see() == "v1"


def test_another_replica_seems_to_have_answered_where_a_guarantee_forbids_an_answer():
    world = World(late(session=["ryw"], replicas={"choice": "stalest", "visible_at_ack": 2}))
    world.create()
    assert world.read().replica == 0
    world = World(late(session=["ryw"], **ONE_COPY))
    world.create()
    assert (world.read().value, world.read().replica) == ("v1", None), "no replica has it"


@pytest.mark.parametrize("guarantees", [["ryw"], ["mr"], ["ryw", "mr"]])
def test_guarantees_survive_that_a_name_is_deleted_and_taken_again(guarantees):
    world = World(late(session=guarantees, **IN_TURN))
    world.create(value="old")
    world.see()
    world.delete()
    world.clock.advance(1)
    assert world.see() is None
    world.create(value="new")
    assert [world.see() for _ in range(3)] == ["new"] * 3 if "ryw" in guarantees else ["new", "new"]


def test_no_read_misses_what_is_older_than_the_bound():
    world = World({**late("1h", **ONE_COPY), **bounds(max_staleness="2s")})
    world.create()
    world.clock.advance(1)
    world.update()
    world.clock.advance(0.999)
    assert world.see() is None
    world.clock.advance(0.001)
    assert world.see() == "v1"
    world.clock.advance(1)
    assert world.see() == "v2"


def test_no_bound_of_time_ends_what_is_counted_by_reads():
    world = World({**counted(2, **STALEST), **bounds(max_staleness="2s")})
    world.create()
    world.clock.advance(10)
    assert [world.see() for _ in range(3)] == [None, None, "v1"]


@pytest.mark.parametrize(("k", "seen"), [(0, "u4"), (1, "u3"), (3, "u1"), (9, "v1")])
def test_no_read_is_more_versions_behind_than_k(k, seen):
    world = World({**late(after=["update"], **ONE_COPY), **bounds(k_staleness=k)})
    world.create()
    for i in range(1, 5):
        world.update(value=f"u{i}")
    assert world.see() == seen


# -- across keys ----------------------------------------------------------------------------------


def slow_then_fast(world: World, second_writer: str) -> None:
    """Write `slow`, late by 5 s, and then `fast`, late by 1 s; then 2 s pass."""
    world.create("slow", session="s")
    if second_writer == "reader":
        assert world.see("slow", session="reader") == "v1", "the leader"
    order = {"session": sorted(world.store.consistency.session), "order": world.store.consistency.order}
    world.store.consistency = build({**late("1s", **IN_TURN), **order})
    world.create("fast", session=second_writer)
    world.clock.advance(2)


@pytest.mark.parametrize(
    ("order", "writer", "ordered"),
    [
        ({}, "s", False),
        ({"session": ["mw"]}, "s", True),
        ({"session": ["mw"]}, "t", False),
        ({"session": ["wfr"]}, "reader", True),
        ({"session": ["wfr"]}, "t", False),
        ({"session": ["wfr"]}, "s", False),
        ({"order": "prefix"}, "t", True),
    ],
)
def test_a_replica_shows_what_comes_before_first(order, writer, ordered):
    world = World(late("5s", **IN_TURN, **order))
    slow_then_fast(world, writer)
    seen = [(world.see("slow", session=f"x{i}"), world.see("fast", session=f"x{i}")) for i in range(3)]
    assert seen == [("v1", "v1")] * 3  # each new session's first read asks the leader
    lagging = [world.read("fast", session="y") for _ in range(3)][1:]
    assert [read.value for read in lagging] == ([None, None] if ordered else ["v1", "v1"])
    world.clock.advance(3)
    assert [world.see("fast", session="y") for _ in range(3)] == ["v1"] * 3


def test_an_order_holds_what_no_lag_would():
    world = World(late("5s", names="slow", order="prefix", **IN_TURN))
    world.create("slow")
    table = late("5s", names="slow", order="prefix", **IN_TURN)
    table["rules"].append({"name": "quick", "lag": {"dist": "constant", "value": 0}})
    world.store.consistency = build(table)
    world.create("quick")
    assert [world.see("quick") for _ in range(3)] == ["v1", None, None]


def test_settling_ends_every_order():
    world = World(late("5s", order="prefix", **IN_TURN))
    world.create("slow")
    world.store.settle()
    world.store.consistency = build(late("1s", order="prefix", **IN_TURN))
    world.create("fast")
    world.clock.advance(1)
    assert [world.see("fast") for _ in range(3)] == ["v1"] * 3


def test_sessions_whose_writes_have_settled_are_forgotten():
    world = World(late("1s", session=["mw"]))
    for i in range(3 * _MANY_SESSIONS):
        world.create(f"k{i}", session=f"s{i}")
        world.clock.advance(0.01)
    assert len(world.store._ordering.sessions) <= _MANY_SESSIONS + 1


def test_consistent_reads_count_as_reads_of_the_session():
    world = World(late(session=["mr"], **STALEST))
    world.create(session="w")
    assert world.see() is None
    assert world.store.leader_value(key()) == "v1"
    assert world.read(consistent=True).value == "v1"
    assert world.see() == "v1"
