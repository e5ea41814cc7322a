"""What a `consistency` table may say, and what is refused with a reason."""

import copy
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator import Emulator
from sm_emulator.config.validation import validate_part
from sm_emulator.consistency.build import PRESETS, build, resolve
from sm_emulator.consistency.validation import unreachable_rules
from sm_emulator.errors import ConfigurationError
from sm_emulator.store.lag import Constant, Lognormal
from sm_emulator.store.rules import Replicas
from sm_emulator.values import seconds
from tests.support.schema_requests import patient

ROOT = Path(__file__).resolve().parent.parent
CONSTANT = {"dist": "constant", "value": "1s"}
WARS = {"dist": "wars", "w": CONSTANT, "a": CONSTANT, "r": CONSTANT, "s": CONSTANT}


def rule(name: str = "x", lag: object = CONSTANT, **more: object) -> dict:
    given = {"name": name, **more}
    return given if "reads" in more else {"lag": lag, **given}


def rules(*rules: dict, **more: object) -> dict:
    return {"rules": list(rules), **more}


@pytest.mark.parametrize("preset", [p.name for p in PRESETS])
def test_every_preset_is_valid_and_has_no_unreachable_rule(preset):
    table = {"preset": preset.replace("-N", "-3")}
    validate_part(table, "consistency")
    build(table)
    assert unreachable_rules(resolve(table)) == []


ADDED = """
import json, re
from sm_emulator import catalog
table = {"summary": "all takes an hour", "basis": "by analogy"}
table["consistency"] = {"rules": [{"name": "tape", "lag": "1h"}]}
before = catalog.table
catalog.table = lambda name: before(name) | ({"tape": table} if name == "presets" else {})
import generate_config, preset_tables
from sm_emulator.consistency.build import build
from sm_emulator.control.tables import preset_rows
schema = json.loads(generate_config.schema(open("schemas/config.schema.json").read()))
print(build({"preset": "tape"}).rules[0].lag)
print([row["summary"] for row in preset_rows() if row["name"] == "tape"])
print(re.match(schema["$defs"]["consistency"]["properties"]["preset"]["pattern"], "tape")[0])
print(next(line for line in preset_tables.lines(preset_tables.PRESETS[-1]) if "Basis" in line))
"""


@pytest.mark.slow
def test_a_preset_is_declared_in_one_place():
    """The table, the list of presets, the schema and the page of figures follow from presets.toml."""
    path = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    run = subprocess.run(
        [sys.executable, "-c", ADDED], cwd=ROOT, env=path, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == [
        "Constant(value=3600.0)",
        "['all takes an hour']",
        "tape",
        "All takes an hour. Basis: by analogy.",
        "",
    ]


def test_a_table_overrides_its_preset():
    consistency = build({"preset": "dynamodb", "replicas": {"count": 5}})
    assert consistency.replicas == Replicas(count=5)
    assert consistency.rules[0].lag == Lognormal(0.01, 1.0)
    assert build(rules(rule(), preset="dynamodb")).rules[0].lag == Constant(1.0)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("10ms", 0.01), ("1.5s", 1.5), ("2m", 120), ("1h", 3600), (3, 3), (0.25, 0.25), ("0s", 0)],
)
def test_durations_have_units(duration, expected):
    assert seconds(duration) == pytest.approx(expected)


REFUSED = {
    "more fresh copies than copies": (
        {"replicas": {"visible_at_ack": 4}},
        "consistency.replicas.visible_at_ack: 4 is more than consistency.replicas.count, which is 3",
    ),
    "more replicas read than there are": (
        {"replicas": {"read_replicas": 2, "count": 1}},
        "consistency.replicas.read_replicas: 2 is more than",
    ),
    "a bound that never binds": (
        {"bounds": {"max_staleness": "2s"}},
        "consistency.bounds.max_staleness: 2s never binds",
    ),
    "an unknown operation": (
        rules(rule(match={"operations": ["CreateEndpiont"]})),
        "consistency.rules[0].match.operations: 'CreateEndpiont' is not an operation of SageMaker",
    ),
    "an operation that others answer": (
        rules(rule(match={"operations": ["InvokeEndpoint", "CreateTransformJob"]})),
        "consistency.rules[0].match.operations: 'CreateTransformJob' is not implemented by sm-emulator, so",
    ),
    "no glob": (
        rules(rule(match={"names": "a[bc"})),
        "consistency.rules[0].match.names: 'a[bc' is an invalid glob: unclosed [",
    ),
    "an order of what is counted": (
        rules(rule(reads=2), order="prefix"),
        "consistency.rules[0].reads: order prefix orders writes by time, but this rule counts reads",
    ),
    "a guarantee of what is counted": (
        rules(rule(reads=2), session=["mw"]),
        "session guarantee mw orders writes by time, but this rule counts reads",
    ),
    "a cap of what is counted": (
        rules(rule(reads=2, max_lag="1s")),
        "consistency.rules[0].max_lag: caps a lag, but this rule counts reads",
    ),
    "counting what has a lag": (
        rules(rule(per="session")),
        "consistency.rules[0].per: counts reads, but this rule has a lag",
    ),
    "wars and a choice": (
        rules(rule(lag=WARS), replicas={"choice": "sticky"}),
        "consistency.rules[0].lag: with wars the first replicas to respond answer",
    ),
    "wars and an order": (
        rules(rule(lag=WARS), order="prefix"),
        "consistency.rules[0].lag: order prefix cannot order reads, which arrive at any time with wars",
    ),
    "low above high": (
        rules(rule(lag={"dist": "uniform", "low": "2s", "high": "1s"})),
        "consistency.rules[0].lag.low: 2s is above high, 1s",
    ),
    "weights": (
        rules(rule(lag={"dist": "mixture", "parts": [{"weight": 0.5, "lag": CONSTANT}]})),
        "consistency.rules[0].lag.parts: the weights add up to 0.5, not to 1",
    ),
    "a part of a mixture": (
        rules(
            rule(
                lag={
                    "dist": "mixture",
                    "parts": [{"weight": 1, "lag": {"dist": "uniform", "low": 2, "high": 1}}],
                }
            )
        ),
        "consistency.rules[0].lag.parts[0].lag.low: 2 is above high, 1",
    ),
    "a mixture in a mixture": (
        rules(
            rule(
                lag={
                    "dist": "mixture",
                    "parts": [{"weight": 1, "lag": {"dist": "mixture", "parts": []}}],
                }
            )
        ),
        'consistency.rules[0].lag.parts[0].lag.dist: "mixture" is not one of constant, uniform',
    ),
    "a lag that is not a duration": (
        rules(rule(lag="3")),
        'consistency.rules[0].lag: "3" is invalid; allowed: Seconds as a number, or a string with a unit',
    ),
    "a table that does not end": (
        rules(rule(lag={"dist": "empirical", "points": [[0.5, "1s"]]})),
        "consistency.rules[0].lag.points: shares and delays must ascend, the last share to 1",
    ),
    "a table that goes back": (
        rules(rule(lag={"dist": "empirical", "points": [[0.5, "2s"], [1, "1s"]]})),
        "consistency.rules[0].lag.points: shares and delays must ascend",
    ),
    "a way of wars": (
        rules(rule(lag={**WARS, "a": {"dist": "uniform", "low": 2, "high": 1}})),
        "consistency.rules[0].lag.a.low: 2 is above high, 1",
    ),
    "a negative lag": (
        rules(rule(lag={"dist": "constant", "value": -1})),
        "consistency.rules[0].lag.value: -1",
    ),
    "a negative text": (
        rules(rule(lag={"dist": "constant", "value": "-1s"})),
        'consistency.rules[0].lag.value: "-1s" is invalid',
    ),
    "an endless lag": (
        rules(rule(lag={"dist": "constant", "value": float("inf")})),
        "consistency.rules[0].lag.value: Infinity is above the maximum, 1000000000",
    ),
    "an unknown distribution": (
        rules(rule(lag={"dist": "gaussian"})),
        'consistency.rules[0].lag.dist: "gaussian" is not one of constant',
    ),
    "lag and reads": (rules({"name": "x", "reads": 1, "lag": CONSTANT}), "consistency.rules[0]"),
    "neither lag nor reads": (rules({"name": "x"}), "consistency.rules[0]"),
    "no replica": ({"replicas": {"count": 0}}, "consistency.replicas.count: 0"),
    "a chance above one": (rules(rule(probability=1.5)), "consistency.rules[0].probability: 1.5"),
    "an unknown guarantee": (
        {"session": ["causal"]},
        'consistency.session[0]: "causal" is not one of ryw, mr, mw, wfr',
    ),
}


@pytest.mark.parametrize(("table", "message"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused_by_its_path_value_and_reason(table, message):
    with pytest.raises(ConfigurationError) as refused:
        Emulator().scenario().consistency(table)
    assert message in str(refused.value)


@pytest.mark.parametrize("names", ["*", "late-*", "a[bc]", "[!x]?", "a[]]"])
def test_globs_are_accepted(names):
    assert build(rules(rule(match={"names": names}))).rules[0].names == names


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (rules(rule("a"), rule("b")), "the earlier rule 'a' matches all of its reads"),
        (rules(rule("a", match={"after": ["create"]}), rule("b")), None),
        (rules(rule("a", probability=0.5), rule("b")), None),
        (
            rules(rule("a", match={"names": "x*"}), rule("b", match={"names": "x*"})),
            "the earlier rule 'a'",
        ),
        (rules(rule("a", match={"names": "x*"}), rule("b", match={"names": "y*"})), None),
        (rules(rule("a", match={"types": ["Model"]}), rule("b")), None),
        (
            rules(rule("a"), rule("b", match={"operations": ["CreateEndpoint"]})),
            "the earlier rule 'a' matches all of its reads",
        ),
        (rules(rule("a", match={"operations": ["CreateEndpoint"]}), rule("b")), None),
        (
            rules(rule(match={"operations": ["DescribeModel"], "types": ["Endpoint"]})),
            "none of its operations reads its types on its surfaces",
        ),
        (rules(rule(match={"operations": ["DescribeModel"], "types": ["Model"]})), None),
        (
            rules(rule(match={"operations": ["CreateEndpoint"], "surfaces": ["describe"]})),
            "none of its operations reads its types on its surfaces",
        ),
        (rules(rule(match={"operations": ["CreateEndpoint"]})), None),
        (rules(rule(match={"operations": ["ListTags"], "types": ["Model"]})), None),
        (
            rules(rule(match={"operations": ["ListTags"], "surfaces": ["list"]})),
            "none of its operations reads its types on its surfaces",
        ),
    ],
)
def test_a_rule_that_never_matches_is_found(table, said):
    found = unreachable_rules(resolve(table))
    assert [said in problem.message for problem in found] == ([True] if said else [])


# -- any table ----------------------------------------------------------------------------------

WHOLE = {
    "preset": "dynamodb",
    "replicas": {"count": 3, "visible_at_ack": 1, "read_replicas": 1, "choice": "random"},
    "order": "independent",
    "session": ["mr"],
    "bounds": {"max_lag": "1s", "max_staleness": "0.5s", "k_staleness": 1, "quiesce_after": None},
    "list": {"snapshot": "page"},
    "rules": [
        {
            "name": "x",
            "match": {"types": ["Model"], "names": "a*", "operations": ["CreateEndpoint"]},
            "lag": {
                "dist": "mixture",
                "parts": [{"weight": 0.5, "lag": CONSTANT}, {"weight": 0.5, "lag": CONSTANT}],
            },
        },
        {"name": "y", "reads": {"ends": 0.5}, "per": "session", "match": {"surfaces": ["list"]}},
        {"name": "z", "lag": {"dist": "empirical", "points": [[0.5, "1s"], [1, "2s"]]}},
        {"name": "w", "lag": WARS},
    ],
}
NONSENSE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([1, 1]),
    st.just({"ends": 0}),
    st.sampled_from(["wars", "1s", "-1s", "prefix", "strong", "["]),
)


def places(value: object, path: tuple = ()) -> list[tuple]:
    below = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(place for step, part in below for place in places(part, (*path, step)))]


def test_the_whole_table_is_valid():
    Emulator().scenario().consistency({**WHOLE, "rules": WHOLE["rules"][:3]})


@patient(400)
@given(place=st.sampled_from(places(WHOLE)), value=NONSENSE)
def test_any_value_in_any_place_is_accepted_or_refused_and_never_a_crash(place, value):
    table = copy.deepcopy(WHOLE)
    if place:
        part = table
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = value
    else:
        table = value
    scenario = Emulator().scenario()
    before = scenario.summary()["consistency"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            scenario.consistency(table)
        except ConfigurationError as error:
            assert error.problems
            assert scenario.summary()["consistency"] == before


@pytest.mark.parametrize("lag", [3, "3s", "3000ms"])
def test_a_duration_is_a_constant_lag(lag):
    constant = {"dist": "constant", "value": "3s"}
    assert build(rules(rule(lag=lag))) == build(rules(rule(lag=constant)))


@pytest.mark.parametrize("lag", ["3", [], None, True])
def test_a_wrong_lag_is_one_error(lag):
    with pytest.raises(ConfigurationError) as refused:
        validate_part(rules(rule(lag=lag)), "consistency")
    assert [problem.path for problem in refused.value.problems] == ["consistency.rules[0].lag"]
