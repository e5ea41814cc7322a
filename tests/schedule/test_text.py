"""The text of a schedule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator.catalog import implemented_operations
from sm_emulator.resources import RESOURCES
from sm_emulator.schedule.causes import FAULT_KINDS, Crash, Fault, Label, Late, Outcome, resource_text
from sm_emulator.schedule.file import ScheduleFile
from sm_emulator.schedule.parser import ScheduleError
from sm_emulator.schedule.schedule import Schedule

EP, CFG = Label("CreateEndpoint", "ep", 1), Label("CreateEndpointConfig", "cfg", 1)
counts = st.integers(1, 1_000_000)
# names of endpoints are one name whatever their case
names = st.text(max_size=20).map(str.lower)
labels = st.builds(Label, st.sampled_from(implemented_operations()), names, counts)
subjects = st.builds(resource_text, st.sampled_from([r.type for r in RESOURCES]), names.filter(bool))
lates = st.builds(Late, labels, subjects, counts | st.none(), counts)
faults = st.builds(Fault, labels, st.sampled_from(list(FAULT_KINDS)), counts | st.none())
outcomes = st.builds(
    Outcome,
    st.builds(Label, st.just("CreateEndpoint"), names, counts),
    st.sampled_from(["capacity", "slow"]),
)
schedules = st.lists(
    lates | faults | outcomes | st.builds(Crash, counts), max_size=4, unique_by=lambda c: str(c)[:30]
).map(lambda causes: Schedule(tuple(causes)))


@given(schedules)
def test_a_schedule_survives_its_text_and_its_file(schedule):
    try:
        parsed = Schedule.parse(str(schedule))
    except ScheduleError as error:
        assert "is already there" in str(error)
    else:
        assert parsed == schedule
        assert ScheduleFile.from_dict(ScheduleFile(schedule).to_dict()) == ScheduleFile(schedule)


def test_every_kind_of_cause_has_a_text():
    text = (
        "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x3 ; CreateEndpointConfig(cfg)#1 lost ; "
        "CreateEndpoint(ep)#1 fails capacity ; DescribeEndpoint(ep)#2 late Endpoint(ep) by 2 ; "
        "ListEndpoints()#1 throttle xall ; DeleteEndpoint(ep)#1 slow ; crash after 2"
    )
    schedule = Schedule.parse(text)
    assert schedule.causes == (
        Late(EP, "EndpointConfig(cfg)", 3),
        Fault(CFG, "lost"),
        Outcome(EP, "capacity"),
        Late(Label("DescribeEndpoint", "ep", 2), "Endpoint(ep)", None, 2),
        Fault(Label("ListEndpoints", "", 1), "throttle", None),
        Outcome(Label("DeleteEndpoint", "ep", 1), "slow"),
        Crash(2),
    )
    assert str(schedule) == text


def test_no_cause_is_a_schedule_too():
    assert Schedule.parse("  ") == Schedule() == Schedule.parse(str(Schedule()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "CreateEndpont(ep)#1 lost",
            "character 1: 'CreateEndpont(ep)#1': 'CreateEndpont' is not an operation; "
            "did you mean 'CreateEndpoint'?; allowed: AddTags, ",
        ),
        (
            "CreateEndpoint(ep)#1 lsot",
            "character 22: 'lsot' is not a kind of cause; did you mean 'lost'?; "
            "allowed: late, lost, 503, throttle, 500-after, reset, fails, slow",
        ),
        (
            "CreateEndpoint(ep)#1 late EndpointConfg(cfg)",
            "character 27: 'EndpointConfg(cfg)': 'EndpointConfg' is not a type of resource; "
            "did you mean 'EndpointConfig'?; allowed: Model, EndpointConfig, Endpoint, InferenceComponent",
        ),
        (
            "CreateEndpoint(ep)#1 lost x0",
            "character 27: 'x0': a whole number from 1 to 1000000 is expected, or all",
        ),
        ("CreateEndpoint(ep)#0 lost", "character 1: 'CreateEndpoint(ep)#0': a whole number from 1"),
        ("CreateEndpoint(ep)# lost", "the number of the request is missing after #"),
        ("CreateEndpoint(ep) lost", "a request is expected here, like CreateEndpoint(ep)#1"),
        ("CreateEndpoint(ep)#1", "character 21: what happens to the request is missing"),
        ("CreateEndpoint(ep)#1 late", "what is seen late, like EndpointConfig(cfg), is missing"),
        ("CreateEndpoint(ep)#1 late cfg", "a resource is expected here, like EndpointConfig(cfg)"),
        ("CreateEndpoint(ep)#1 late EndpointConfig()", "a resource is expected here"),
        ("CreateEndpoint(ep)#1 late Model(m) by x2", "a whole number from 1"),
        ("CreateEndpoint(ep)#1 late Model(m) by", "the number of versions is missing"),
        ("CreateEndpoint(ep)#1 lost y", "character 27: 'y': nothing is expected here but ';'"),
        ("CreateEndpoint(ep)#1 fails capcity", "'capcity' is not a failure; did you mean 'capacity'?"),
        ("CreateEndpoint(ep)#1 fails", "the name of a failure is missing"),
        ("DeleteEndpoint(ep)#1 fails capacity", "DeleteEndpoint cannot fail later; it can be slow"),
        ("CreateModel(m)#1 slow", "CreateModel takes no time; allowed: CreateEndpoint, "),
        ("crash", "character 6: 'after' and a number is missing"),
        ("crash before 2", "character 7: 'before': 'after' is expected here"),
        ("crash after two", "'two': a whole number from 1"),
        ("crash after", "the number of a write is missing"),
        ("crash after 2 3", "nothing is expected here but ';'"),
        ("crash after ٢", "a whole number from 1"),
        ("crash after 1 ;", "character 16: there is no cause after the last"),
        ("; crash after 1", "character 1: ';': there is no cause before it"),
        ("crash after 1 ; crash after 1", "character 17: 'crash': crash after 1 is already there"),
        (
            "CreateEndpoint(ep)#1 lost ; CreateEndpoint(ep)#1 503",
            "character 29: 'CreateEndpoint(ep)#1': CreateEndpoint(ep)#1 lost is already there",
        ),
        ("x" * 100_001, "is longer than 100000 characters"),
        ("x" * 100, f"character 1: '{'x' * 60}…': a request is expected"),
    ],
)
def test_a_wrong_text_is_refused_by_its_place_and_what_is_allowed(text, message):
    with pytest.raises(ScheduleError) as refused:
        Schedule.parse(text)
    assert message in str(refused.value)


def test_the_size_counts_causes_first_and_then_how_often_they_act():
    texts = [
        "crash after 9",
        "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x3",
        "CreateEndpoint(ep)#1 late EndpointConfig(cfg)",
        "crash after 1 ; CreateEndpoint(ep)#1 lost",
    ]
    sizes = [Schedule.parse(text).size for text in texts]
    assert sizes == [(1, 1), (1, 3), (1, 1_000_000), (2, 2)]


def test_causes_are_sorted_by_the_order_in_which_they_occurred():
    first, second, never = Crash(1), Fault(EP, "lost"), Crash(7)
    schedule = Schedule((never,)).having(second, first)
    assert schedule.sorted_by([first, second]).causes == (first, second, never)
