"""Session guarantees, order and bounds: each binds where it is on, and nothing does where it is off."""

import pytest

from sm_emulator.consistency.build import build
from sm_emulator.store.index import SortOrder
from sm_emulator.store.reading import Session
from tests.support.virtual_store import ONE_COPY, VirtualStore, counted, key, late

STALEST = {"replicas": {"choice": "stalest"}}
IN_TURN = {"replicas": {"choice": "round_robin"}}


def bounds(**bounds: object) -> dict:
    return {"bounds": {"max_lag": "1h", **bounds}}


# -- one key --------------------------------------------------------------------------------------


def test_a_session_reads_its_own_writes_and_no_other_does():
    virtual = VirtualStore(late(session=["ryw"], **ONE_COPY))
    virtual.create()
    assert [virtual.see(session=s) for s in ("s", "t")] == ["v1", None]
    virtual.update()
    assert [virtual.see(session=s) for s in ("s", "t")] == ["v2", None]
    virtual.delete(session="t")
    assert [virtual.see(session=s) for s in ("s", "t")] == ["v2", None]


def test_a_session_never_goes_back_under_monotonic_reads():
    without, under = VirtualStore(late(**IN_TURN)), VirtualStore(late(session=["mr"], **IN_TURN))
    for virtual in (without, under):
        virtual.create()
    assert [without.see() for _ in range(3)] == ["v1", None, None]
    assert [under.see() for _ in range(3)] == ["v1", "v1", "v1"]
    assert under.see(session="t") == "v1", "its first read goes to the leader"
    assert VirtualStore(late(session=["mr"], **STALEST)).see() is None


def test_what_a_session_saw_before_does_not_free_it_after_a_later_write():
    virtual = VirtualStore(late(session=["mr"], **STALEST))
    virtual.create()
    virtual.store.settle()
    assert virtual.see() == "v1"
    virtual.update()
    assert virtual.see() == "v1"


def test_another_replica_seems_to_have_answered_where_a_guarantee_forbids_an_answer():
    virtual = VirtualStore(late(session=["ryw"], replicas={"choice": "stalest", "visible_at_ack": 2}))
    virtual.create()
    assert virtual.read().replica == 0
    virtual = VirtualStore(late(session=["ryw"], **ONE_COPY))
    virtual.create()
    assert (virtual.read().value, virtual.read().replica) == ("v1", None), "no replica has it"


@pytest.mark.parametrize("guarantees", [["ryw"], ["mr"], ["ryw", "mr"]])
def test_guarantees_survive_that_a_name_is_deleted_and_taken_again(guarantees):
    virtual = VirtualStore(late(session=guarantees, **IN_TURN))
    virtual.create(value="old")
    virtual.see()
    virtual.delete()
    virtual.clock.advance(1)
    assert virtual.see() is None
    virtual.create(value="new")
    assert [virtual.see() for _ in range(3)] == ["new"] * 3 if "ryw" in guarantees else ["new", "new"]


def test_no_read_misses_what_is_older_than_the_bound():
    virtual = VirtualStore({**late("1h", **ONE_COPY), **bounds(max_staleness="2s")})
    virtual.create()
    virtual.clock.advance(1)
    virtual.update()
    virtual.clock.advance(0.999)
    assert virtual.see() is None
    virtual.clock.advance(0.001)
    assert virtual.see() == "v1"
    virtual.clock.advance(1)
    assert virtual.see() == "v2"


def test_no_bound_of_time_ends_what_is_counted_by_reads():
    virtual = VirtualStore({**counted(2, **STALEST), **bounds(max_staleness="2s")})
    virtual.create()
    virtual.clock.advance(10)
    assert [virtual.see() for _ in range(3)] == [None, None, "v1"]


@pytest.mark.parametrize(("k", "seen"), [(0, "u4"), (1, "u3"), (3, "u1"), (9, "v1")])
def test_no_read_is_more_versions_behind_than_k(k, seen):
    virtual = VirtualStore({**late(after=["update"], **ONE_COPY), **bounds(k_staleness=k)})
    virtual.create()
    for i in range(1, 5):
        virtual.update(value=f"u{i}")
    assert virtual.see() == seen


# -- across keys ----------------------------------------------------------------------------------


def slow_then_fast(virtual: VirtualStore, second_writer: str) -> None:
    """Write `slow`, late by 5 s, and then `fast`, late by 1 s; then 2 s pass."""
    virtual.create("slow", session="s")
    if second_writer == "reader":
        assert virtual.see("slow", session="reader") == "v1", "the leader"
    order = {
        "session": sorted(virtual.store.consistency.session),
        "order": virtual.store.consistency.order,
    }
    virtual.store.consistency = build({**late("1s", **IN_TURN), **order})
    virtual.create("fast", session=second_writer)
    virtual.clock.advance(2)


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
    virtual = VirtualStore(late("5s", **IN_TURN, **order))
    slow_then_fast(virtual, writer)
    seen = [
        (virtual.see("slow", session=f"x{i}"), virtual.see("fast", session=f"x{i}")) for i in range(3)
    ]
    assert seen == [("v1", "v1")] * 3  # each new session's first read goes to the leader
    lagging = [virtual.read("fast", session="y") for _ in range(3)][1:]
    assert [read.value for read in lagging] == ([None, None] if ordered else ["v1", "v1"])
    virtual.clock.advance(3)
    assert [virtual.see("fast", session="y") for _ in range(3)] == ["v1"] * 3


def test_an_order_holds_what_no_lag_would():
    virtual = VirtualStore(late("5s", names="slow", order="prefix", **IN_TURN))
    virtual.create("slow")
    table = late("5s", names="slow", order="prefix", **IN_TURN)
    table["rules"].append({"name": "quick", "lag": {"dist": "constant", "value": 0}})
    virtual.store.consistency = build(table)
    virtual.create("quick")
    assert [virtual.see("quick") for _ in range(3)] == ["v1", None, None]


def test_settling_ends_every_order():
    virtual = VirtualStore(late("5s", order="prefix", **IN_TURN))
    virtual.create("slow")
    virtual.store.settle()
    virtual.store.consistency = build(late("1s", order="prefix", **IN_TURN))
    virtual.create("fast")
    virtual.clock.advance(1)
    assert [virtual.see("fast") for _ in range(3)] == ["v1"] * 3


SOME = 100
MANY = range(3 * SOME)


def test_the_order_of_any_number_of_sessions_is_kept_in_bounded_memory():
    virtual = VirtualStore(late("1s", session=["mw", "wfr"], **ONE_COPY), entries=SOME)
    for i in MANY:
        virtual.create(f"k{i}", session=f"s{i}")
    assert len(virtual.store._ordering.sessions) <= SOME + 2
    assert virtual.bounds.evicted["sessions"] > SOME
    virtual.store.consistency = build(late("0.1s", session=["mw", "wfr"], **ONE_COPY))
    virtual.create("after", session="s0")
    virtual.clock.advance(0.5)
    assert virtual.see("after") is None, "the session's first write is not visible yet"
    virtual.clock.advance(0.5)
    assert virtual.see("after") == "v1"


@pytest.mark.parametrize("guarantees", [["ryw"], ["mr"]])
def test_the_guarantees_of_any_number_of_sessions_hold_in_bounded_memory(guarantees):
    virtual = VirtualStore(late("1s", session=guarantees, **ONE_COPY), entries=SOME)
    virtual.create(session="s0")
    virtual.read(consistent=True, session="s0")
    for i in MANY[1:]:
        virtual.read(session=f"s{i}", consistent=i % 2 == 0)
    assert virtual.see(session="s0") == "v1"
    chain = virtual.store._chains[key()]
    assert len(chain.floors) <= SOME + 1
    assert len(chain.reads) <= SOME
    assert virtual.bounds.evicted["sessions"] > 0


def test_reads_are_counted_by_session_in_bounded_memory():
    virtual = VirtualStore(counted(1, per="session"), entries=SOME)
    virtual.create()
    for i in MANY:
        assert virtual.see(session=f"s{i}") is None
        virtual.store.page("us-east-1", "EndpointConfig", "List", SortOrder(), 1, Session(f"s{i}"))
    (holdback,) = virtual.store._chains[key()].latest.holdbacks
    assert len(holdback.misses_used) == SOME
    assert virtual.bounds.evicted["sessions"] == 3 * 2 * SOME, "of reads, misses and pages"
    assert len(virtual.store._chains.index("us-east-1", "EndpointConfig").pages) <= SOME


def test_consistent_reads_count_as_reads_of_the_session():
    virtual = VirtualStore(late(session=["mr"], **STALEST))
    virtual.create(session="w")
    assert virtual.see() is None
    assert virtual.store.leader_value(key()) == "v1"
    assert virtual.read(consistent=True).value == "v1"
    assert virtual.see() == "v1"
