"""Freeing large states in small steps."""

import gc
import weakref
from itertools import pairwise

from sm_emulator.operations.state import Record
from sm_emulator.scenario.disposal import dispose
from sm_emulator.store.store import Store
from sm_emulator.store.version import Version
from sm_emulator.wire.message import Request
from tests.support.fault_rules import rule
from tests.support.local_gateway import ACCOUNT, JSON, Local


class Part:
    def __init__(self, log, *parts):
        self.parts = parts
        self.log = log

    def __del__(self):
        self.log.append([type(p) for p in self.parts])


def chain(log, length):
    part = None
    for _ in range(length):
        part = Part(log, part)
    return part


def test_what_nothing_else_refers_to_is_freed_and_the_rest_stays():
    log = []
    kept = Part(log, "kept")
    held = [{"a": [Part(log, kept)], "b": {1: Part(log)}}]
    dispose(held)
    assert (held, len(log), kept.parts) == ([], 2, ("kept",))


def test_each_object_is_freed_in_a_step_of_its_own(monkeypatch):
    """Freed at once, a state of 100,000 resources stopped all threads for 100 ms."""
    steps, log = [], []
    referents = gc.get_referents
    monkeypatch.setattr(gc, "get_referents", lambda o: steps.append(len(log)) or referents(o))
    dispose([chain(log, 50)])
    assert len(log) == 50
    assert max(b - a for a, b in pairwise(steps)) <= 1


def test_dicts_of_atoms_are_freed_in_steps_too(monkeypatch):
    """The garbage collector does not track them: a list of 100,000 was freed in one step."""
    steps = []
    referents = gc.get_referents
    monkeypatch.setattr(gc, "get_referents", lambda o: steps.append(type(o)) or referents(o))
    dispose([[{"n": n, "text": "x"} for n in range(50)]])
    assert steps == [list] + [dict] * 50


def test_a_reset_frees_in_steps(monkeypatch):
    local, steps = Local(), []
    local.model()
    referents = gc.get_referents
    monkeypatch.setattr(gc, "get_referents", lambda o: steps.append(type(o)) or referents(o))
    local.scenarios[ACCOUNT].reset()
    assert {Store, Version, Record} <= set(steps)


def test_a_reset_disposes_of_the_old_state_but_not_of_one_in_use():
    local = Local()
    entry = local.scenarios[ACCOUNT]
    local.model()
    records = [weakref.ref(entry.state._store)]
    in_use = entry.state
    entry.reset()
    assert records[0]() is not None
    assert len(in_use.store) == 1
    del in_use
    assert records[0]() is None


def test_large_containers_are_emptied_in_parts(monkeypatch):
    """The end of a dict of a million freed nothing else, and stopped all threads for 40 ms."""
    steps = []
    referents = gc.get_referents
    monkeypatch.setattr(gc, "get_referents", lambda o: steps.append(len(o)) or referents(o))
    dispose([{n: [str(n)] for n in range(5000)}, [(n,) for n in range(5000)]])
    assert len(steps) == 10_000 + 2
    assert max(steps) <= 1000


def test_the_rest_stays_after_some_steps():
    log = []
    held = [chain(log, 50)]
    dispose(held, 10)
    assert 0 < len(log) <= 10
    dispose(held)
    assert (held, len(log)) == ([], 50)


def test_an_evicted_scenario_is_freed_by_the_requests_that_follow():
    local = Local()
    local.scenarios._limit = 1
    for n in range(300):
        local.model(f"m{n}")
    store = weakref.ref(local.scenario.store)
    local.scenarios["210987654321"]
    assert store() is not None
    requests = 0
    while local.scenarios._retired:
        local.scenarios["210987654321"]
        requests += 1
    assert requests > 3
    assert store() is None


def test_a_state_that_a_request_used_last_is_freed_by_the_requests_that_follow():
    local = Local(faults=[rule({"fault": "latency", "delay": "1s"})])
    local.gateway._monotonic = lambda: 0.0  # its own is the clock of the scenario, which it looks up
    headers = {"content-type": JSON, "x-amz-target": "SageMaker.ListModels"}
    steps = local.gateway(Request("POST", headers, b"{}"))
    next(steps)
    store = weakref.ref(local.scenario.store)
    local.scenarios[ACCOUNT].reset()
    local.end(steps)
    del steps
    assert store() is not None
    local.scenarios[ACCOUNT]
    assert (store(), local.scenarios._retired) == (None, [])
