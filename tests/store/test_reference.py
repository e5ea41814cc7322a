"""Lazy equals eager: the store and a naive reference agree on every read of every history."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sm_emulator.clock import VirtualClock
from sm_emulator.store.index import SortOrder
from sm_emulator.store.lag import Constant, Lognormal, Uniform
from sm_emulator.store.listing import Mark
from sm_emulator.store.reading import Session
from sm_emulator.store.rules import Consistency, ConsistencyRule, Replicas
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key
from tests.support.reference_store import Eager
from tests.support.schema_requests import patient

KEYS = [
    Key("r", type_, name)
    for type_, names in (("EndpointConfig", ("a", "late-b", "c", "late-d")), ("Model", ("a", "late-b")))
    for name in names
]
SESSIONS = [Session("s"), Session("t"), Session("named", "named")]
OPERATIONS = ["CreateEndpoint", "DescribeEndpointConfig"]
SURFACES = ["describe", "load"]
ORDERS = [SortOrder(by, descending) for by in ("name", "created") for descending in (False, True)]

lags = st.one_of(
    st.sampled_from([0.0, 0.5, 1.0, 2.0]).map(Constant),
    st.just(Uniform(0.2, 1.5)),
    st.just(Lognormal(0.4, 1.0)),
)
kinds = st.sets(st.sampled_from(["create", "update", "delete"]), min_size=1).map(frozenset)
names = st.sampled_from(["*", "late-*"])


def rules(name: str) -> st.SearchStrategy[ConsistencyRule]:
    match = {
        "name": st.just(name),
        "types": st.sampled_from([frozenset(), frozenset({"EndpointConfig"})]),
        "names": names,
        "operations": st.sampled_from([frozenset(), frozenset({"CreateEndpoint"})]),
        "surfaces": st.sampled_from(
            [frozenset(s) for s in ([*SURFACES, "list"], ["load"], ["describe"], ["list"])]
        ),
        "after": st.one_of(st.just(frozenset({"create", "update", "delete"})), kinds),
        "probability": st.sampled_from([1.0, 1.0, 0.5]),
    }
    by_time = st.builds(ConsistencyRule, **match, lag=lags)
    by_reads = st.builds(ConsistencyRule, **match, reads=st.integers(1, 3))
    return st.one_of(by_time, by_time, by_reads)


replicas = st.builds(
    Replicas,
    count=st.just(3),
    visible_at_ack=st.integers(0, 3),
    read_replicas=st.integers(1, 3),
    choice=st.sampled_from(["random", "sticky", "round_robin", "stalest", "freshest", "leader"]),
)
consistencies = st.builds(
    Consistency,
    replicas=replicas,
    rules=st.tuples(rules("one")) | st.tuples(rules("one"), rules("two")),
    max_lag=st.sampled_from([0.7, 1.0, 5.0]),
)


class LazyIsEager(RuleBasedStateMachine):
    """Drives both through the same history."""

    @initialize(seed=st.integers(0, 2**63 - 1), consistency=consistencies)
    def begin(self, seed: int, consistency: Consistency) -> None:
        self.clock = VirtualClock(start=1000.0)
        self.lazy = Store(self.clock, seed, consistency)
        self.eager = Eager(seed, consistency, 1000.0)
        self.live: dict[Key, int] = {}
        self.value = 0
        self.shown: dict[tuple, int] = {}
        self.last_write = 1000.0
        self.longest = consistency.max_lag

    @rule(key=st.sampled_from(KEYS))
    def put(self, key: Key) -> None:
        kind = "update" if key in self.live else "create"
        self.value += 1
        self.live[key] = self.value
        self._write(key, self.value, kind)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self._delete(data.draw(st.sampled_from(sorted(self.live))))

    def _delete(self, key: Key) -> None:
        del self.live[key]
        self._write(key, None, "delete")

    def _write(self, key: Key, value: object, kind: str) -> None:
        self.lazy.write(key, value, kind)
        self.eager.write(key, value, kind)
        self.last_write = self.clock()

    @rule(
        key=st.sampled_from(KEYS),
        surface=st.sampled_from(SURFACES),
        operation=st.sampled_from(OPERATIONS),
        session=st.sampled_from(SESSIONS),
    )
    def read(self, key: Key, surface: str, operation: str, session: Session) -> None:
        expected = self.eager.read(key, surface, operation, session)
        assert self.lazy.read(key, surface, operation, session) == expected

    @rule(
        type_=st.sampled_from(["EndpointConfig", "Model"]),
        order=st.sampled_from(ORDERS),
        limit=st.integers(1, 3),
        session=st.sampled_from(SESSIONS),
    )
    def go_through(self, type_: str, order: SortOrder, limit: int, session: Session) -> None:
        mark: Mark | None = Mark()
        while mark is not None:
            page = self.lazy.page("r", type_, "CreateEndpoint", order, limit, session, mark=mark)
            items, until, stale = self.eager.page(
                "r", type_, "CreateEndpoint", order, limit, session, mark.position
            )
            assert (page.items, page.read.stale) == (items, stale)
            assert (page.next.position if page.next else None) == until
            mark = page.next

    @rule(seconds=st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0, 3.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.eager.advance(seconds)

    @rule()
    def settle(self) -> None:
        self.lazy.settle()
        self.eager.settle()

    @rule(consistency=consistencies)
    def change(self, consistency: Consistency) -> None:
        self.lazy.consistency = consistency
        self.eager.consistency = consistency
        self.longest = max(self.longest, consistency.max_lag)

    @invariant()
    def consistent_reads_see_the_head(self) -> None:
        if hasattr(self, "lazy"):
            for key in KEYS:
                read = self.lazy.read(key, "load", "X", consistent=True)
                assert (read.value, read.stale) == (self.live.get(key), 0)

    @invariant()
    def what_is_old_enough_has_converged(self) -> None:
        if hasattr(self, "lazy") and self.clock() >= self.last_write + self.longest:
            by_time = [p for p in self.lazy.pending() if p.reads is None]
            assert by_time == []


LazyIsEager.TestCase.settings = settings(patient(500), stateful_step_count=40)
TestLazyIsEager = LazyIsEager.TestCase


@patient(150)
@given(consistency=consistencies, seed=st.integers(0, 2**31))
def test_lazy_is_eager_in_long_histories(consistency: Consistency, seed: int):
    """The machine above shrinks well, but its histories are short; these are of 200 steps."""
    random, machine = Random(seed), LazyIsEager()
    machine.begin(seed, consistency)
    for _ in range(200):
        key, session = random.choice(KEYS), random.choice(SESSIONS)
        match random.choice(("put", "put", "delete", "read", "read", "read", "list", "wait")):
            case "put":
                machine.put(key)
            case "delete" if key in machine.live:
                machine._delete(key)
            case "list":
                machine.go_through(key.type, random.choice(ORDERS), random.randint(1, 3), session)
            case "wait":
                machine.wait(random.choice((0.0, 0.1, 0.3, 1.0)))
            case _:
                surface, operation = random.choice(SURFACES), random.choice(OPERATIONS)
                machine.read(key, surface, operation, session)
    machine.consistent_reads_see_the_head()
    machine.what_is_old_enough_has_converged()
