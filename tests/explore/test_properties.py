"""What holds for every search: legal, repeatable, no break lost, and as thorough as trying everything."""

from __future__ import annotations

import json
import re
import time

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator.explore.choices import Kinds
from sm_emulator.explore.in_process import InProcess
from sm_emulator.explore.oracle import judge
from sm_emulator.explore.results import Budget
from sm_emulator.explore.search import Search
from sm_emulator.explore.shrink import shrink
from sm_emulator.schedule.causes import Fault, Late
from sm_emulator.schedule.schedule import Schedule
from tests.cli.test_replay import DEPLOY
from tests.cli.test_run import python, run
from tests.explore import programs as p
from tests.explore.conftest import LIFECYCLE
from tests.explore.deploy import repeated
from tests.support.schema_requests import patient

ACCOUNT = "100000000016"
KINDS = Kinds(faults=("lost", "throttle"))
ENDPOINT = {"EndpointName": "ep"}
# A step: what it does, how often it tries while something is not found, whether "already done" is success
STEPS = st.tuples(
    st.sampled_from(["describe", "update", "delete", "describe config"]),
    st.sampled_from([1, 2, 12]),
    st.booleans(),
)
FIRST = st.tuples(st.sampled_from([1, 2, 12]), st.booleans())
DONE = ("already existing", "in-progress", 'Could not find endpoint "')


def program(first, steps):
    """Return a program that creates an endpoint, and then makes steps."""

    def attempt(call, attempts, tolerant):
        repeated(call, *(DONE if tolerant else ()), attempts=attempts)

    def generated(scenario):
        sagemaker = scenario.client("sagemaker")
        attempt(lambda: p.create_model(sagemaker), *first)
        for name in ("cfg", "new"):
            attempt(lambda name=name: p.create_config(sagemaker, name), *first)
        attempt(lambda: p.create_endpoint(sagemaker), *first)
        for kind, attempts, tolerant in steps:
            calls = {
                "describe": lambda: sagemaker.describe_endpoint(**ENDPOINT),
                "update": lambda: sagemaker.update_endpoint(**ENDPOINT, EndpointConfigName="new"),
                "delete": lambda: sagemaker.delete_endpoint(**ENDPOINT),
                "describe config": lambda: sagemaker.describe_endpoint_config(EndpointConfigName="cfg"),
            }
            attempt(calls[kind], attempts, tolerant)
            if kind == "delete":
                break

    return generated


def every_cause(run, faults, reads):
    """Return each cause that can act in a run, the late ones with each of these numbers of reads."""
    causes = []
    for point in run.points:
        if point.kind == "request":
            causes += [Fault(point.label, kind) for kind in faults]
        elif point.kind == "late":
            for versions in range(1, point.depth + 1):
                causes += [Late(point.label, point.subject, n, versions) for n in reads]
    return causes


def place(cause):
    return (cause.label, getattr(cause, "subject", ""))


def survives_everything(execute, found: Search, k: int, reads=(1, 2, 3, None)) -> bool:
    """Return whether the program survives each set of at most `k` causes, by trying all of them."""
    runs, seen = [found.reference], set()
    for _ in range(k):
        following = []
        for base in runs:
            for cause in every_cause(base, found.kinds.faults, reads):
                causes = frozenset({*base.schedule.causes, cause})
                if causes in seen or place(cause) in map(place, base.schedule.causes):
                    continue
                seen.add(causes)
                done = execute(base.schedule.having(cause))
                if judge(done, found.reference, found.mask).kind:
                    return False
                following.append(done)
        runs = following
    return True


class Legal:
    """Runs a program, and checks the history of each run; counts the reads that were stale."""

    def __init__(self, execute: InProcess, emulator) -> None:
        self.execute, self.emulator, self.stale = execute, emulator, 0

    def __call__(self, schedule):
        done = self.execute(schedule)
        checked = self.emulator.scenario(ACCOUNT).check()
        assert checked["ok"], (str(schedule), checked["violation"])
        assert checked["dropped"] == 0
        self.stale += sum(read.stale for exchange in done.exchanges for read in exchange.reads)
        return done


def in_process(emulator, first, steps, session=()):
    return InProcess(program(first, steps), emulator, max_lag=2.0, session=session)


def explored(execute, **options) -> Search:
    found = Search(execute, time.monotonic, **options)
    found.run()
    return found


@pytest.mark.slow
@patient(6)
@given(
    first=FIRST,
    steps=st.lists(STEPS, max_size=3),
    session=st.sampled_from([(), ("mr",), ("ryw",), ("mw", "wfr")]),
)
def test_every_schedule_that_is_tried_is_legal(emulator, first, steps, session):
    execute = Legal(in_process(emulator, first, steps, session), emulator)
    explored(execute, kinds=KINDS, budget=Budget(runs=25))
    assert execute.stale or session == ("ryw",)


@pytest.mark.slow
@patient(6)
@given(first=FIRST, steps=st.lists(STEPS, max_size=2))
def test_a_search_finds_a_break_where_trying_every_cause_does(emulator, first, steps):
    execute = in_process(emulator, first, steps)
    found = explored(execute, kinds=KINDS)
    assert found.exhausted == survives_everything(execute, found, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "fault"),
    [("describe", "lost"), ("update", "lost"), ("delete", "lost"), ("update", "throttle")],
)
def test_a_search_for_two_causes_ends_as_trying_every_pair_does(emulator, kind, fault):
    execute = in_process(emulator, (12, True), [(kind, 12, True)])
    found = explored(execute, kinds=Kinds(faults=(fault,)), k=2)
    assert found.exhausted
    assert bool(found.counts.taken) == (fault == "throttle")
    assert survives_everything(execute, found, 2, reads=(None,))


def hurried(scenario):
    """Deploy, and fail where waiting for the configuration and a retry of the SDK take too long together."""
    sagemaker, began = scenario.client("sagemaker"), scenario.clock.now
    p.create_config(sagemaker)
    repeated(lambda: p.create_endpoint(sagemaker))
    sagemaker.list_models()
    if scenario.clock.now - began > 3.2:
        raise SystemExit("too late")


def test_an_exact_search_tries_refusals_that_are_else_taken_as_absorbed(emulator):
    execute = InProcess(hurried, emulator, prepare=p.a_model, max_lag=2.0)
    kinds = Kinds(faults=("throttle",))
    quick, exact = (explored(execute, kinds=kinds, k=2, exact=exact) for exact in (False, True))
    known, all_ = ({str(each.schedule) for each in found.breaks} for found in (quick, exact))
    assert all_ - known == {"CreateEndpoint(ep)#1 late EndpointConfig(cfg) x5 ; ListModels()#1 throttle"}
    assert known < all_
    assert (quick.counts.taken, exact.counts.taken) == (1, 0)


def believes_once(scenario):
    """Deploy, and take the first refusal as existing already for an own lost reply, and no second."""
    sagemaker = scenario.client("sagemaker")
    refusals = 0
    for create in (p.create_config, p.create_endpoint):
        try:
            create(sagemaker)
        except ClientError as error:
            refusals += 1
            if "already existing" not in str(error) or refusals > 1:
                raise


def test_a_break_that_needs_two_causes_is_found_with_two_and_not_with_one(emulator):
    execute = InProcess(believes_once, emulator, prepare=p.a_model, max_lag=2.0)
    kinds = Kinds(stale="none", faults=("lost",))
    assert explored(execute, kinds=kinds).exhausted
    found = explored(execute, kinds=kinds, k=2)
    text = "CreateEndpointConfig(cfg)#1 lost ; CreateEndpoint(ep)#1 lost"
    assert [str(each.schedule) for each in found.breaks] == [text]
    assert found.breaks[0].repeatable
    assert not survives_everything(execute, found, 2)


@patient(200)
@given(most=st.integers(1, 40), broken=st.sets(st.integers(1, 40)))
def test_shrinking_never_loses_the_break(most, broken):
    schedule = Schedule.parse("CreateEndpoint(ep)#1 late EndpointConfig(cfg) ; CreateModel(m)#1 lost")

    def is_broken(smaller):
        late, lost = smaller.causes
        assert lost == schedule.causes[1]
        return late.reads == most or late.reads in broken

    shrunk = shrink(schedule, schedule.causes[0], most, is_broken)
    reads = shrunk.causes[0].reads
    assert is_broken(shrunk)
    assert reads <= most
    assert reads == 1 or reads - 1 not in broken


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "CreateEndpointConfig(cfg)#1 lost",
        "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x2",
        "UpdateEndpoint(ep)#1 503 ; DescribeEndpoint(ep)#2 late Endpoint(ep) x1",
    ],
)
def test_a_replay_in_process_has_the_same_history_and_journal(emulator, schedule):
    def twice():
        execute = InProcess(
            p.blue_green, emulator, prepare=p.a_live_endpoint, max_lag=2.0, settings=LIFECYCLE
        )
        execute(Schedule.parse(schedule.replace("(cfg)", "(green)")))
        scenario = emulator.scenario(ACCOUNT)
        journal = [exchange.as_json() for exchange in scenario.journal().exchanges]
        return same_part(json.dumps([scenario.history(), journal], separators=(",", ":")))

    assert twice() == twice()


def same_part(text: str) -> str:
    """Return a text of JSON without ids that are drawn for each request, and without times of the real clock."""
    return re.sub(r'"(request_id|invocation|wall|duration)":("[^"]*"|[^,}]*)', "", text)


REPORTING = """
import os, urllib.request
def report():
    for what in ("history", "journal"):
        url = f"{os.environ['SM_EMULATOR_URL']}/_emulator/scenarios/default/{what}"
        print(urllib.request.urlopen(url).read().decode())
import atexit
atexit.register(report)
"""


@pytest.mark.slow
def test_a_replay_by_the_command_line_has_the_same_history_and_journal():
    words = ("--schedule", "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x2 ; CreateModel(m)#1 lost")
    outputs = [run(*words, *python(REPORTING + DEPLOY)) for _ in range(2)]
    first, second = (same_part(each.stdout) for each in outputs)
    assert '"place"' in first
    assert first == second
