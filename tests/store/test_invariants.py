"""What holds under every consistency there is, in every history."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator.clock import VirtualClock
from sm_emulator.store.checker import check
from sm_emulator.store.index import SortOrder
from sm_emulator.store.lag import Wars
from sm_emulator.store.listing import Mark
from sm_emulator.store.reading import Session
from sm_emulator.store.rules import SURFACES, WRITE_KINDS, Consistency
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key
from tests.support.consistencies import consistencies, some
from tests.support.schema_requests import patient
from tests.support.virtual_store import VirtualStore, counted, key, late

KEYS = [Key("r", type_, name) for type_ in ("Model", "EndpointConfig") for name in "abc"]
SESSIONS = [Session(name, name) for name in ("s", "t", "u")]
ORDERS = [SortOrder(by, descending) for by in ("name", "created") for descending in (False, True)]


class Story:
    """A store and what was written to it; each step asserts what must hold after it."""

    def __init__(self, consistency: Consistency, seed: int) -> None:
        self.clock = VirtualClock(start=1000.0)
        self.consistency = consistency
        self.store = Store(self.clock, seed, consistency)
        self.values: dict[Key, list[object]] = {each: [None] for each in KEYS}
        self.shown: Counter = Counter()
        self.random = Random(seed)

    def step(self) -> None:
        where, session = self.random.choice(KEYS), self.random.choice(SESSIONS)
        match self.random.choice(("put", "put", "delete", "read", "read", "read", "list", "wait")):
            case "put":
                self._write(where, (where, len(self.values[where])), session)
            case "delete" if self.values[where][-1] is not None:
                self._write(where, None, session)
            case "list":
                self._go_through(where.type, session)
            case "wait":
                self.clock.advance(self.random.choice((0.0, 0.1, 0.3, 1.0)))
            case _:
                self._read(where, self.random.choice(("describe", "load")), session)
        self._no_replica_goes_back(where)
        read = self.store.read(where, "load", "X", session, consistent=True)
        assert (read.value, read.stale) == (self.values[where][-1], 0)

    def _write(self, where: Key, value: object, session: Session) -> None:
        kind = "delete" if value is None else "create" if self.values[where][-1] is None else "update"
        self.store.write(where, value, kind, session)
        self.values[where].append(value)

    def _read(self, where: Key, surface: str, session: Session) -> None:
        read = self.store.read(where, surface, "X", session)
        n = len(self.values[where]) - 1 - read.stale
        assert n >= 0, "it is behind by no more than there was"
        assert read.value == self.values[where][n], "what it shows is what was written then"
        replicas = self.consistency.replicas
        timely = all(rule.lag and not isinstance(rule.lag, Wars) for rule in self.consistency.rules)
        if timely and replicas.read_replicas + replicas.visible_at_ack > replicas.count:
            ordered = self.consistency.order == "prefix" or self.consistency.session & {"mw", "wfr"}
            assert ordered or read.stale == 0, "quorums overlap"

    def _go_through(self, type_: str, session: Session) -> None:
        order, limit = self.random.choice(ORDERS), self.random.randint(1, 3)
        names, mark = [], Mark()
        while mark is not None:
            page = self.store.page("r", type_, "X", order, limit, session, mark=mark)
            assert len(page.items) <= limit
            for name, value in page.items:
                assert value is not None
                assert value in self.values[Key("r", type_, name)]
                names.append(name)
            mark = page.next
        if order.by == "name":
            assert names == sorted(set(names), reverse=order.descending), "each name once, in order"
        if self.consistency.snapshot == "query":
            assert len(names) == len(set(names))

    def _no_replica_goes_back(self, where: Key) -> None:
        for surface in SURFACES:
            for read in self.store.replicas(where, surface, "X"):
                place = (where, surface, read.replica)
                n = len(self.values[where]) - read.stale
                assert n >= self.shown[place]
                self.shown[place] = n

    def end(self) -> None:
        """All converges: by time where nothing is counted, else by settling."""
        assert check(self.store.history.snapshot()) is None
        self.clock.advance(self.consistency.max_lag)
        if all(rule.lag is not None for rule in self.consistency.rules):
            assert list(self.store.pending()) == []
        else:
            self.store.settle()
        for where in KEYS:
            for surface in SURFACES:
                for read in self.store.replicas(where, surface, "X"):
                    assert (read.value, read.stale) == (self.values[where][-1], 0)
        for type_ in ("Model", "EndpointConfig"):
            page = self.store.page("r", type_, "X", SortOrder(), 100, SESSIONS[0])
            assert page.items == [
                (where.name, self.values[where][-1])
                for where in KEYS
                if where.type == type_ and self.values[where][-1] is not None
            ]
        chains = self.store._chains
        live = sum(values[-1] is not None for values in self.values.values())
        assert len(self.store) == live
        assert sum(len(chain.versions) for chain in chains._chains.values()) == live


@patient(400)
@given(consistency=consistencies(), seed=st.integers(0, 2**31))
def test_what_holds_under_every_consistency_in_long_histories(consistency, seed):
    story = Story(consistency, seed)
    for _ in range(200):
        story.step()
    story.end()


# -- what single knobs promise --------------------------------------------------------------------

TAKEN = patient(60)


@TAKEN
@given(
    n=st.integers(1, 6),
    kinds=st.lists(st.sampled_from(["read", "strong", "list"]), max_size=12),
    after=st.sampled_from(WRITE_KINDS),
)
def test_exactly_n_reads_of_a_version_are_stale_and_consistent_ones_do_not_count(n, kinds, after):
    virtual = VirtualStore(counted(n, after=[after], surfaces=["describe"]))
    virtual.create()
    if after != "create":
        virtual.store.settle()
        virtual.update() if after == "update" else virtual.delete()
    stale = 0
    for kind in kinds:
        if kind == "list":
            virtual.store.page("us-east-1", "EndpointConfig", "X", SortOrder(), 9)
        else:
            stale += virtual.read(consistent=kind == "strong").stale
    assert stale == min(n, kinds.count("read"))


@TAKEN
@given(
    after=some(WRITE_KINDS),
    surfaces=some(SURFACES),
    steps=st.lists(st.sampled_from(["put", "delete", "wait"]), max_size=12),
)
def test_only_the_kinds_and_surfaces_that_a_rule_names_are_ever_stale(after, surfaces, steps):
    table = late("1s", after=sorted(after), surfaces=sorted(surfaces))
    virtual = VirtualStore({**table, "replicas": {"choice": "stalest"}})
    last = None
    for step in steps:
        exists = virtual.store.leader_value(key()) is not None
        if step == "wait":
            virtual.clock.advance(1)
        elif step == "put":
            last = "update" if exists else "create"
            virtual.update(value=step) if exists else virtual.create(value=step)
        elif exists:
            last = "delete"
            virtual.delete()
        for surface in SURFACES:
            for read in virtual.store.replicas(key(), surface, "X"):
                if surface not in surfaces or last not in after:
                    assert read.stale == 0


@pytest.mark.slow
@pytest.mark.parametrize("table", [late("1s"), counted(1), {"preset": "dynamodb"}], ids=str)
def test_churn_leaves_nothing_but_a_count_of_writes(table):
    virtual = VirtualStore(table)
    for i in range(2000):
        virtual.create(f"k{i % 10}", session=f"s{i % 5}")
        virtual.see(f"k{i % 10}")
        virtual.see(f"k{i % 10}", "load")
        virtual.delete(f"k{i % 10}")
        virtual.see(f"k{i % 10}")
        virtual.see(f"k{i % 10}", "load")
        virtual.clock.advance(6)
    virtual.clock.advance(6)
    assert list(virtual.store.pending()) == []
    chains = virtual.store._chains
    index = chains.index("us-east-1", "EndpointConfig")
    assert not chains._chains
    assert not chains._due
    assert not index.names
    assert not index.created
    assert not index.unsettled
    assert len(chains._deleted) == 10
