"""Any consistency that the settings allow, drawn by Hypothesis."""

from hypothesis import strategies as st

from sm_emulator.store.lag import (
    Constant,
    Empirical,
    Exponential,
    Lognormal,
    Mixture,
    Pareto,
    Uniform,
    Wars,
)
from sm_emulator.store.rules import (
    GUARANTEES,
    SURFACES,
    WRITE_KINDS,
    Consistency,
    ConsistencyRule,
    Replicas,
)

delays = st.sampled_from(
    [
        Constant(0.5),
        Uniform(0.1, 1.0),
        Exponential(0.3),
        Lognormal(0.2, 1.0),
        Pareto(0.1, 1.5),
        Mixture(((0.5, Constant(0.0)), (0.5, Exponential(1.0)))),
        Empirical(((0.5, 0.1), (1.0, 2.0))),
    ]
)


def some(values: tuple) -> st.SearchStrategy[frozenset]:
    return st.sets(st.sampled_from(values), min_size=1).map(frozenset)


@st.composite
def consistencies(draw: st.DrawFn) -> Consistency:
    """Draw any combination of knobs that is not refused."""
    ordered = draw(st.booleans())
    guarantees = GUARANTEES if ordered else ("ryw", "mr")
    lags = [delays] if ordered else [delays, st.builds(Wars, delays, delays, delays, delays)]
    rules = []
    for i in range(draw(st.integers(1, 3))):
        match = {
            "name": f"r{i}",
            "types": draw(st.sampled_from([frozenset(), frozenset({"Model"})])),
            "names": draw(st.sampled_from(["*", "[ab]"])),
            "surfaces": draw(some(SURFACES)),
            "after": draw(some(WRITE_KINDS)),
            "probability": draw(st.sampled_from([1.0, 0.6])),
        }
        if not ordered and draw(st.booleans()):
            rules.append(
                ConsistencyRule(**match, reads=draw(st.integers(1, 3)), per_session=draw(st.booleans()))
            )
        else:
            rules.append(ConsistencyRule(**match, lag=draw(st.one_of(lags))))
    count = draw(st.integers(1, 4))
    has_wars = any(isinstance(rule.lag, Wars) for rule in rules)
    choices = ["random", "sticky", "round_robin", "stalest", "freshest", "leader"]
    return Consistency(
        replicas=Replicas(
            count=count,
            visible_at_ack=draw(st.integers(0, count)),
            read_replicas=draw(st.integers(1, count)),
            choice="random" if has_wars else draw(st.sampled_from(choices)),
        ),
        rules=tuple(rules),
        max_lag=2.0,
        order="prefix" if ordered and draw(st.booleans()) else "independent",
        session=frozenset(draw(st.sets(st.sampled_from(guarantees)))),
        max_staleness=draw(st.sampled_from([None, 0.5])),
        k_staleness=draw(st.sampled_from([None, 0, 1])),
        quiesce_after=draw(st.sampled_from([None, 3.0])),
        snapshot=draw(st.sampled_from(["page", "query"])),
    )
