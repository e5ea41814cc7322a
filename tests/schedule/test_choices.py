"""Every choice of a schedule is one that the consistency in force allows."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator.clock import VirtualClock
from sm_emulator.consistency.build import build
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.schedule.script import Script
from sm_emulator.store.checker import check
from sm_emulator.store.history import ReadEvent
from sm_emulator.store.index import SortOrder
from sm_emulator.store.reading import Session
from sm_emulator.store.rules import Consistency
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key
from tests.support.consistencies import consistencies
from tests.support.schema_requests import patient
from tests.support.virtual_store import key, late

KEYS = [Key("r", type_, name) for type_ in ("Model", "EndpointConfig") for name in "abc"]
SESSIONS = [Session(name, name) for name in ("s", "t")]


def churn(consistency: Consistency, seed: int) -> list:
    """Write and read at random; each read returns any legal version. Return the history."""
    random, clock = Random(seed), VirtualClock(start=1000.0)
    store = Store(clock, seed, Script(Schedule()).widen(consistency))

    def choose(_key, versions):
        return random.randrange(len(versions)), "any"

    for step in range(150):
        where, session = random.choice(KEYS), random.choice(SESSIONS)
        match random.choice(("put", "put", "delete", "read", "read", "read", "list", "wait")):
            case "put":
                kind = "create" if store.leader_value(where) is None else "update"
                store.write(where, step, kind, session)
            case "delete" if store.leader_value(where) is not None:
                store.write(where, None, "delete", session)
            case "list":
                store.page("r", where.type, "X", SortOrder(), 2, session, choose=choose)
            case "wait":
                clock.advance(random.choice((0.0, 0.1, 0.3, 1.0)))
            case _:
                store.read(where, random.choice(("describe", "load")), "X", session, choose=choose)
    return store.history.snapshot()


@patient(300)
@given(consistency=consistencies(), seed=st.integers(0, 2**31))
def test_no_choice_violates_what_is_in_force(consistency, seed):
    assert check(churn(consistency, seed)) is None


@patient(30)
@given(consistency=consistencies(), seed=st.integers(0, 2**31))
def test_equal_choices_give_equal_histories(consistency, seed):
    assert churn(consistency, seed) == churn(consistency, seed)


def test_the_choices_are_not_all_of_the_newest():
    events = churn(build(late("1s", order="prefix", session=["wfr"])), 7)
    stale = [e for e in events if isinstance(e, ReadEvent) and e.version < e.latest]
    assert {e.surface for e in stale} == {"describe", "load"}, "an ordered list has no choice"
    assert {e.replica for e in stale} <= {1, 2}


class Reader:
    """A store with three versions of a key, of which the one before the oldest is its absence."""

    def __init__(self, table) -> None:
        self.clock = VirtualClock(start=1000.0)
        consistency = Script(Schedule()).widen(build(table))
        self.store = Store(self.clock, 0, consistency)
        for n in range(3):
            self.store.write(key(), n, "update" if n else "create", Session("writer"))

    def legal(self, surface: str = "load", session: str = "s", position: int = -1) -> list:
        """Return the values among which a read chooses; it returns that at `position`."""
        seen: list = []

        def choose(_key, versions):
            seen.extend(version.value for version in versions)
            return position % len(versions), ""

        self.store.read(key(), surface, "X", Session(session), choose=choose)
        return seen


ALL = [None, 0, 1, 2]


@pytest.mark.parametrize(
    ("more", "legal"),
    [
        ({}, ALL),
        ({"replicas": {"choice": "leader"}}, [2]),
        ({"replicas": {"choice": "freshest"}}, [2]),
        ({"replicas": {"read_replicas": 3}}, [2]),
        ({"replicas": {"read_replicas": 2}}, ALL),
        ({"replicas": {"visible_at_ack": 3}}, [2]),
        ({"bounds": {"k_staleness": 2}}, [0, 1, 2]),
        ({"surfaces": ["describe"]}, [2]),
    ],
)
def test_what_is_legal_follows_from_replicas_bounds_and_surfaces(more, legal):
    assert Reader(late("1s", **more)).legal() == legal


def test_a_version_is_legal_until_its_legal_end():
    reader = Reader(late("0.5s"))
    reader.clock.advance(0.4)
    assert reader.legal() == ALL
    reader.clock.advance(0.2)
    assert reader.legal() == [2]


def test_a_session_that_has_read_a_version_cannot_go_back_under_monotonic_reads():
    reader = Reader(late("1s", session=["mr"]))
    assert reader.legal(position=1) == ALL
    assert reader.legal() == [0, 1, 2]
    assert reader.legal() == [2]
    assert reader.legal(session="other") == ALL


def test_a_session_sees_its_own_writes_where_that_is_guaranteed():
    reader = Reader(late("1s", session=["ryw"]))
    assert reader.legal(session="writer") == [2]
    assert reader.legal() == ALL


def test_a_count_of_reads_is_used_by_reads_that_are_late_and_by_no_others():
    reader = Reader({"rules": [{"name": "counted", "reads": 2, "match": {"after": ["create"]}}]})
    assert reader.legal() == [2], "the updates are settled"
    store = Store(VirtualClock(), 0, build({"rules": [{"name": "counted", "reads": 2}]}))
    store.write(key(), "new", "create")

    def at(position: int) -> object:
        choose = lambda _, versions: (min(position, len(versions) - 1), "")  # noqa: E731
        return store.read(key(), "load", "X", choose=choose).value

    seen = [at(position) for position in (1, 0, 1, 0, 0)]
    assert seen == ["new", None, "new", None, "new"]


def test_where_writes_are_ordered_each_replica_goes_only_forward():
    consistency = Script(Schedule()).widen(build(late("1s", order="prefix", replicas={"count": 2})))
    store = Store(VirtualClock(), 0, consistency)
    for name in "ab":
        store.write(key(name), name, "create")
        store.write(key(name), name.upper(), "update")

    def read(name: str, position: int) -> list:
        legal: list = []

        def choose(_key, versions):
            legal.extend(version.value for version in versions)
            return position, ""

        store.read(key(name), "load", "X", choose=choose)
        return legal

    assert read("b", 1) == [None, "b", "B"]
    assert read("a", 0) == ["A"], "the only other replica has shown what was written later"
    assert read("b", 0) == ["b", "B"]
    store.settle()
    assert read("a", 0) == ["A"]
