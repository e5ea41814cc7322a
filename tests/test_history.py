"""A history as JSON: all of it is read back, and invalid histories are refused."""

import json

import pytest

from sm_emulator import Emulator
from sm_emulator.config.validation import validate_part
from sm_emulator.consistency.build import PRESETS, build, render
from sm_emulator.control.history import from_json, to_json, verdict
from sm_emulator.errors import ConfigurationError
from sm_emulator.store.history import ConsistencyChanged
from sm_emulator.store.rules import Consistency
from sm_emulator.store.version import Key
from tests.support.virtual_store import VirtualStore
from tests.support.workload import drive

CONSTANT = {"dist": "constant", "value": "1s"}
TABLES = [
    *({"preset": p.name.replace("-N", "-2")} for p in PRESETS),
    {
        "session": ["ryw", "mr"],
        "bounds": {"max_staleness": "0.5s", "k_staleness": 2, "quiesce_after": 9},
    },
    {"order": "prefix", "list": {"snapshot": "query"}, "replicas": {"choice": "stalest", "count": 5}},
    {"rules": [{"name": "x", "reads": {"ends": 0.5}, "per": "session"}]},
    {"rules": [{"name": "x", "lag": CONSTANT, "max_lag": "0.1s", "match": {"types": ["Model"]}}]},
    {"rules": [{"name": "x", "lag": CONSTANT, "match": {"operations": ["ListModels"]}}]},
    {"rules": [{"name": "x", "lag": {"dist": "exponential", "mean": 1}, "probability": 0.5}]},
]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_consistency_is_built_again_from_how_it_is_rendered(table):
    consistency = build(table)
    rendered = json.loads(json.dumps(render(consistency)))
    validate_part(rendered, "consistency")
    assert build(rendered) == consistency


def history() -> list:
    virtual = VirtualStore({"preset": "simpledb-2011"})
    drive(virtual, 0)
    virtual.store.settle()
    drive(virtual, 1)
    return list(virtual.store.history.snapshot())


def test_a_history_comes_back_from_json():
    events = history()
    assert from_json(json.loads(json.dumps([to_json(event) for event in events]))) == events
    assert from_json({"dropped": 0, "events": [to_json(events[0])]}) == events[:1]


def test_the_verdict_has_the_first_violation_with_its_events():
    events = history()
    assert verdict(events, dropped=3) == {
        "ok": True,
        "events": len(events),
        "dropped": 3,
        "violation": None,
    }
    found = verdict(events, ["ryw"])
    assert not found["ok"]
    assert found["violation"]["guarantee"] == "read your writes"
    wrote, read = found["violation"]["events"]
    assert (wrote["event"], read["event"]) == ("write", "read")
    assert (wrote["session"], wrote["name"]) == (read["session"], read["name"])
    assert read["version"] < wrote["version"]


@pytest.mark.parametrize("session", [["causal"], "mr", ["mr", "x"], [["mr"]], [{}]])
def test_an_unknown_guarantee_is_refused(session):
    with pytest.raises(ConfigurationError, match="is not a list of ryw, mr, mw, wfr"):
        verdict([], session)


WRITE = {"event": "write", "at": 0, "session": "", "region": "r", "type": "t", "name": "k"} | {
    "version": 1,
    "lsn": 1,
    "kind": "create",
}


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (None, "events: is not a list of events"),
        ({}, "events: is not a list of events"),
        ([3], r"events\[0\]: 3 is not an object"),
        ([{}], r"events\[0\]\.event: is missing"),
        ([{"event": "x"}], r'events\[0\]\.event: "x" is not one of write, read, consistency, settle'),
        ([{"event": "settle"}], r"events\[0\]\.at: is missing"),
        ([{"event": "settle", "at": "x"}], r'events\[0\]\.at: "x" is not a number'),
        ([WRITE, {**WRITE, "version": "1"}], r'events\[1\]\.version: "1" is not an integer'),
        ([{**WRITE, "name": 3}], r"events\[0\]\.name: 3 is not a string"),
        ([{"event": "consistency", "at": 0, "consistency": {"x": 1}}], r"x: unknown key"),
        ([{"event": "consistency", "at": 0, "consistency": 7}], "7 is not an object"),
    ],
)
def test_an_invalid_history_is_refused_with_the_place(events, message):
    with pytest.raises(ConfigurationError, match=message):
        from_json(events)


def test_the_default_consistency_is_rendered_as_strong():
    assert build({}) == build(render(Consistency()))
    assert to_json(ConsistencyChanged(0.0, Consistency()))["consistency"]["rules"] == []


def test_the_limits_of_a_history_are_settings():
    settings = {"history.limit": 20, "history.max_bytes": 4000}
    scenario = Emulator(settings=settings).scenario()
    store = scenario._state.store
    for i in range(100):
        store.write(Key("us-east-1", "Model", f"m{i}"), "value", "create")
    assert len(scenario.history()["events"]) == 1 + 4000 // 360, "and what was in force before them"
    assert scenario.check()["dropped"] == scenario.history()["dropped"] > 80
    scenario.reset()
    assert scenario.history()["dropped"] == 0
