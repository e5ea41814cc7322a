"""The checker finds what is broken, names it, and passes what is not."""

import sys
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator.store.checker import check
from sm_emulator.store.history import (
    BYTES,
    LENGTH,
    ConsistencyChanged,
    History,
    ReadEvent,
    Settled,
    WriteEvent,
)
from sm_emulator.store.rules import GUARANTEES, Consistency, ConsistencyRule
from tests.support.consistencies import consistencies
from tests.support.schema_requests import patient
from tests.support.virtual_store import VirtualStore, counted, key, late
from tests.support.workload import drive

LAG = {"dist": "uniform", "low": 0, "high": "1s"}
A, B = key("a"), key("b")


def uneven(**more: object) -> dict:
    return {"rules": [{"name": "uneven", "lag": LAG}], **more}


def orders() -> list[dict]:
    alone = [{"session": [g]} for g in GUARANTEES]
    bounds = [{"max_lag": "500ms"}, {"max_lag": "1s", "max_staleness": "200ms"}, {"k_staleness": 1}]
    return [
        {},
        *alone,
        {"session": list(GUARANTEES)},
        {"order": "prefix"},
        {"order": "prefix", "session": list(GUARANTEES)},
        *({"bounds": b} for b in bounds),
        {"replicas": {"count": 5, "visible_at_ack": 0, "read_replicas": 2}, "session": ["mr", "mw"]},
        {"replicas": {"choice": "stalest"}, "session": list(GUARANTEES)},
    ]


@pytest.mark.slow
@pytest.mark.parametrize("table", orders(), ids=str)
def test_what_is_in_force_holds_in_long_runs(table):
    for seed in range(25):
        virtual = VirtualStore(uneven(**table), seed)
        drive(virtual, seed)
        assert check(virtual.store.history.snapshot()) is None, f"seed {seed}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_changes_of_consistency_in_mid_run_are_no_violation(seed):
    virtual = VirtualStore(uneven(), seed)
    for i, table in enumerate(orders()):
        drive(virtual, seed + i, 60)
        if i % 4 == 3:
            virtual.store.settle()
        virtual.store.consistency = VirtualStore(uneven(**table)).store.consistency
    drive(virtual, seed, 100)
    assert check(virtual.store.history.snapshot()) is None


@pytest.mark.slow
@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_guarantee_that_is_off_is_seen_to_be_violated(guarantee):
    names = {
        "ryw": "read your writes",
        "mr": "monotonic reads",
        "mw": "monotonic writes",
        "wfr": "writes follow reads",
    }
    found = []
    for seed in range(10):
        virtual = VirtualStore(uneven(), seed)
        drive(virtual, seed, 1000)
        found.append(check(virtual.store.history.snapshot(), frozenset({guarantee})))
    assert {violation and violation.guarantee for violation in found} == {names[guarantee]}


def test_counted_misses_are_no_violation_of_bounds():
    virtual = VirtualStore(counted(3, bounds={"max_lag": "1s"}))
    virtual.create("a")
    virtual.clock.advance(100)
    assert virtual.see("a") is None
    assert check(virtual.store.history.snapshot()) is None


def wrote(n: int, at: float = 0.0, session: str = "s", of=A, lsn: int | None = None) -> WriteEvent:
    return WriteEvent(at, session, of, n, lsn or n, "update" if n > 1 else "create")


def saw(
    n: int, head: int, at: float = 0.1, session: str = "s", of=A, replica: int | None = 1
) -> ReadEvent:
    return ReadEvent(at, session, of, "describe", "Describe", replica, n, head, "rule")


def force(**more: object) -> ConsistencyChanged:
    return ConsistencyChanged(
        0.0, replace(Consistency(rules=(ConsistencyRule("rule", reads=0, lag=None),)), **more)
    )


LATE = VirtualStore(late()).store.consistency.rules
ANOMALIES = {
    "version order": "G0",
    "provenance": "G1a",
    "prefix": "G-single",
    "convergence": "stale read",
    "max_staleness": "stale read",
    "k_staleness": "stale read",
}
BROKEN = {
    "versions that are not in commit order": (
        "version order",
        [force(rules=LATE), wrote(1, lsn=2), wrote(2, lsn=1)],
        2,
    ),
    "a version beyond the head": ("provenance", [force(rules=LATE), wrote(1), saw(2, 1)], 1),
    "a head that was never written": ("provenance", [force(rules=LATE), wrote(1), saw(1, 2)], 1),
    "old after all was settled": (
        "convergence",
        [force(rules=LATE), wrote(1), Settled(0.05), saw(0, 1)],
        2,
    ),
    "old after max_lag": ("convergence", [force(rules=LATE), wrote(1), saw(0, 1, at=1.0)], 2),
    "old beyond max_staleness": (
        "max_staleness",
        [force(rules=LATE, max_staleness=0.5), wrote(1), saw(0, 1, at=0.5)],
        2,
    ),
    "too many versions behind": (
        "k_staleness",
        [force(rules=LATE, k_staleness=1), wrote(1), wrote(2), saw(0, 2)],
        2,
    ),
    "its own write unread": (
        "read your writes",
        [force(rules=LATE, session=frozenset({"ryw"})), wrote(1), saw(0, 1)],
        2,
    ),
    "back in time": (
        "monotonic reads",
        [force(rules=LATE, session=frozenset({"mr"})), wrote(1), saw(1, 1), saw(0, 1)],
        2,
    ),
    "a later write of the session first": (
        "monotonic writes",
        [
            force(rules=LATE, session=frozenset({"mw"})),
            wrote(1, of=A, lsn=1),
            wrote(1, of=B, lsn=2),
            saw(1, 1, of=B, session="t"),
            saw(0, 1, of=A, session="u"),
        ],
        3,
    ),
    "an answer before its cause": (
        "writes follow reads",
        [
            force(rules=LATE, session=frozenset({"wfr"})),
            wrote(1, of=A, lsn=1),
            saw(1, 1, of=A, session="t", replica=0),
            wrote(1, of=B, lsn=2, session="t"),
            saw(1, 1, of=B, session="u"),
            saw(0, 1, of=A, session="u"),
        ],
        3,
    ),
    "a gap in the log": (
        "prefix",
        [
            force(rules=LATE, order="prefix"),
            wrote(1, of=A, lsn=1),
            wrote(1, of=B, lsn=2, session="t"),
            saw(1, 1, of=B, session="u"),
            saw(0, 1, of=A, session="u"),
        ],
        3,
    ),
}


@pytest.mark.parametrize(("guarantee", "events", "shown"), BROKEN.values(), ids=BROKEN)
def test_each_kind_of_violation_is_named_with_the_events_that_show_it(guarantee, events, shown):
    violation = check(events)
    assert violation is not None
    assert violation.guarantee == guarantee
    assert violation.anomaly == ANOMALIES.get(guarantee, guarantee)
    assert violation.events[-1] == events[-1]
    assert len(violation.events) == shown
    assert all(event in events for event in violation.events)
    assert violation.message
    assert check(events[:-1]) is None


@pytest.mark.parametrize(
    ("guarantee", "events", "shown"),
    [case for case in BROKEN.values() if case[0] not in {"version order", "provenance", "convergence"}],
)
def test_the_same_is_not_a_violation_where_nothing_was_promised(guarantee, events, shown):
    assert check([force(rules=LATE), *events[1:]]) is None


def test_a_replica_that_has_shown_the_cause_on_one_surface_owes_nothing_on_another():
    _, events, _ = BROKEN["a later write of the session first"]
    *before, last = events
    assert check([*before, last._replace(surface="load")]) is None
    assert check([*before, last._replace(replica=2)]) is None
    assert check([*before, last._replace(replica=None)]) is None
    assert check([*before, last._replace(rule=None)]) is None, "a consistent read"


def test_orders_restart_when_all_is_settled_and_when_the_consistency_changes():
    _, events, _ = BROKEN["a gap in the log"]
    first, write, *rest, last = events
    later = last._replace(at=0.2)
    assert check([first, write, *rest, later]) is not None
    assert check([first, write, *rest, first, later]) is None


def test_writes_before_an_order_was_in_force_are_not_checked_by_it():
    mw = force(rules=LATE, session=frozenset({"mw"}))
    events = [wrote(1, of=A, lsn=1), wrote(1, of=B, lsn=2), mw, saw(1, 1, of=B), saw(0, 1, of=A)]
    assert check([force(rules=LATE), *events]) is None


class Counted(int):
    """A number that counts how often any was compared."""

    compared = 0


def _counting(name: str):
    def compare(self, other):
        Counted.compared += 1
        return getattr(int, name)(self, other)

    return compare


for _name in ("__lt__", "__le__", "__gt__", "__ge__"):
    setattr(Counted, _name, _counting(_name))


COUNTING = VirtualStore(counted(1, types=["Model"])).store.consistency.rules


def work(writes: int) -> tuple[int, int]:
    """Check a history of `writes` writes and reads of two keys; count comparisons and calls."""
    events = [force(rules=LATE, order="prefix", session=frozenset(GUARANTEES))]
    for i in range(1, writes + 1):
        n, of = Counted((i + 1) // 2), (A, B)[i % 2]
        events.append(wrote(n, session=f"s{i % 3}", of=of, lsn=Counted(i)))
        events.append(saw(n, n, session=f"s{i % 3}", of=of, replica=i % 2))
        if i % 100 == 0:  # what is counted by reads may be put in force again and again
            events.append(force(rules=COUNTING))
    Counted.compared = calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        violation = check(events)
    finally:
        sys.setprofile(before)
    assert violation is None
    return Counted.compared, calls


@pytest.mark.slow
def test_a_history_is_checked_in_linear_time():
    """Not by a clock: twice the history takes twice the comparisons and twice the calls."""
    for once, twice in zip(work(2000), work(4000), strict=True):
        assert 1.9 < twice / once < 2.1


def test_a_history_keeps_the_last_events_and_counts_those_before():
    history = History()
    for i in range(LENGTH + 3):
        history.append(Settled(float(i)))
    assert history.dropped == 3
    assert history.snapshot()[0] == Settled(3.0)
    assert len(history.snapshot()) == LENGTH


def test_a_history_is_bounded_in_bytes_and_counts_what_it_drops():
    history = History()
    long = 1024 * 1024
    events = [force(), *(wrote(i, session=f"{i}".ljust(long)) for i in range(1, 101))]
    for event in events:
        history.append(event)
    first, *kept = history.snapshot()
    assert first == events[0], "what was in force at the first of them"
    assert BYTES // 2 < len(kept) * long <= BYTES
    assert kept == events[-len(kept) :]
    assert history.dropped == len(events) - len(kept)


def test_a_history_keeps_what_was_in_force_when_its_first_events_happened():
    history = History()
    first, second = force(max_staleness=1.0), force(max_staleness=2.0)
    history.append(first)
    history.append(second)
    for i in range(LENGTH - 1):
        history.append(Settled(float(i)))
    assert [history.snapshot()[0], history.dropped] == [first, 1]
    history.append(Settled(0.0))
    assert [history.snapshot()[0], history.dropped] == [second, 2]
    assert len(history.snapshot()) == LENGTH + 1


def test_a_switch_to_strong_and_back_is_not_a_violation():
    virtual = VirtualStore({"preset": "dynamodb"})
    rules, strong = virtual.store.consistency, VirtualStore({}).store.consistency
    virtual.create()
    virtual.store.consistency = strong
    virtual.delete()
    virtual.create()
    virtual.store.consistency = rules
    virtual.see()
    assert check(virtual.store.history.snapshot()) is None


@patient(60)
@given(seed=st.integers(0, 2**31), pool=st.lists(consistencies(), min_size=2, max_size=4))
def test_no_sequence_of_consistencies_makes_the_checker_see_a_violation(seed, pool):
    """Whatever is in force when: rules, none at all, other seeds, all settled in between."""
    random, virtual = Random(seed), VirtualStore(pool[0], seed)
    for _ in range(12):
        drive(virtual, random.randrange(2**31), 30)
        match random.choice(("switch", "strong", "settle", "seed")):
            case "switch":
                virtual.store.consistency = random.choice(pool)
            case "strong":
                virtual.store.consistency = Consistency()
            case "settle":
                virtual.store.settle()
            case _:
                virtual.store.seed = random.randrange(2**31)
    assert check(virtual.store.history.snapshot()) is None


def test_reads_are_not_recorded_where_none_can_be_stale():
    virtual = VirtualStore({})
    virtual.create()
    virtual.see()
    recorded = [type(event) for event in virtual.store.history.snapshot()]
    assert recorded == [ConsistencyChanged, WriteEvent]
