"""Released objects are freed immediately, because `serve` runs the garbage collector seldom."""

import gc
import subprocess
import sys
import weakref

import pytest

from sm_emulator import Emulator
from sm_emulator.server import listener
from tests.support.fault_rules import rule
from tests.support.local_gateway import ACCOUNT, Local

FAULTS = [rule({"fault": "latency", "delay": "1ms"}, when={"every": 2})]


@pytest.fixture
def uncollected():
    """Do without the collector, and leave what is there already out of it."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def live(local: Local, name: str) -> None:
    """Live through what a client does all day: calls that succeed, that miss, that are refused."""
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large"}
    wanted = {"ProductionVariants": [{**variant, "InitialInstanceCount": 1}]}
    for members in (wanted, {}):
        local.call("CreateEndpointConfig", {"EndpointConfigName": name, **members})
    local.call("DescribeEndpointConfig", {"EndpointConfigName": name})
    local.call("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": name})
    local.call("ListEndpointConfigs", {"MaxResults": 5})
    local.call("DeleteEndpointConfig", {"EndpointConfigName": name})
    local.send(b"no JSON")
    local.call("CreateTrainingJob", {})


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("preset", ["strong", "dynamodb", "adversarial", "pbs-ymmr"])
def test_requests_leave_nothing_for_the_collector(preset):
    local = Local(preset, faults=FAULTS)
    local.model()
    live(local, "first")
    gc.collect()
    for i in range(20):
        live(local, f"c-{i}")
        local.scenario.clock.advance(1)
    assert gc.collect() == 0


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(
    "leave",
    [lambda local: local.scenarios.discard(ACCOUNT), lambda local: local.scenarios[ACCOUNT].reset()],
)
def test_a_scenario_that_is_left_is_gone_with_all_it_held(leave):
    local = Local("dynamodb", faults=FAULTS)
    local.model()
    live(local, "late")
    local.config("undrawn")
    store, journal = weakref.ref(local.scenario.store), weakref.ref(local.scenario.journal)
    leave(local)
    assert (store(), journal()) == (None, None)


SERVE = """
import gc, os, signal
from sm_emulator import Emulator
def ready():
    print(gc.get_threshold(), gc.get_freeze_count() > 10_000)
    os.kill(os.getpid(), signal.SIGTERM)
Emulator().listener().run(ready)
"""


def test_a_process_that_only_serves_collects_seldom():
    done = subprocess.run([sys.executable, "-c", SERVE], check=True, capture_output=True, text=True)
    assert done.stdout == "(3000, 1, 1) True\n"


@pytest.mark.usefixtures("uncollected")
def test_full_collections_leave_out_what_many_found_alive(monkeypatch):
    """At a million resources, one took 500 ms."""
    kept = [[] for _ in range(50)]
    frozen = gc.get_freeze_count()
    for most, expected in ((10**6, 0), (49, 50)):
        monkeypatch.setattr(listener, "_ALIVE", most)
        gc.callbacks.append(listener._freeze_living)
        gc.collect()
        gc.callbacks.remove(listener._freeze_living)
        assert gc.get_freeze_count() - frozen >= expected
        assert (gc.get_freeze_count() > frozen) == bool(expected)
    assert len(kept) == 50


def test_the_collector_of_a_program_of_yours_is_left_alone():
    before = gc.get_threshold(), gc.get_freeze_count()
    with Emulator():
        assert (gc.get_threshold(), gc.get_freeze_count()) == before
