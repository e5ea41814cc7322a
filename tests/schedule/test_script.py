"""What a schedule does to the requests of a scenario."""

import pytest

from sm_emulator.control.schedule import follow
from sm_emulator.errors import ConfigurationError, NotFoundError
from sm_emulator.schedule.causes import Crash, Label, Late
from sm_emulator.schedule.fit import MisfitError
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.schedule.script import Point, Script
from sm_emulator.store.checker import check
from sm_emulator.wire.call import OBSERVER
from tests.support.local_gateway import ACCOUNT, VARIANT, Local

LATE = "CreateEndpoint(ep)#1 late EndpointConfig(cfg)"
TIMED = {"creating_seconds": 60, "updating_seconds": 60, "deleting_seconds": 60}


class Program(Local):
    """A program under a schedule, which makes requests one after the other."""

    def __init__(self, schedule="", preset="strong", **options) -> None:
        given = {name: options.pop(name) for name in ("life", "faults", "backend") if name in options}
        super().__init__(preset, **given)
        self.schedule = follow(self.scenario, schedule, **options)

    def model(self, name: str = "m") -> int:
        container = {"PrimaryContainer": {"Image": "i"}}
        role = {"ExecutionRoleArn": "arn:aws:iam::123456789012:role/r"}
        return self.call("CreateModel", {"ModelName": name, **container, **role}).status

    def config(self, name: str = "cfg") -> int:
        variants = [{**VARIANT, "ModelName": "m"}]
        request = {"EndpointConfigName": name, "ProductionVariants": variants}
        return self.call("CreateEndpointConfig", request).status

    def endpoint(self, name: str = "ep", config: str = "cfg") -> int:
        request = {"EndpointName": name, "EndpointConfigName": config}
        return self.call("CreateEndpoint", request).status

    def update(self, config: str) -> int:
        request = {"EndpointName": "ep", "EndpointConfigName": config}
        return self.call("UpdateEndpoint", request).status

    def status(self, **headers: str) -> str:
        answer = self.call("DescribeEndpoint", {"EndpointName": "ep"}, **headers)
        return answer.body["EndpointStatus"] if answer.status == 200 else answer.code

    def deploy(self) -> list[int]:
        return [self.model(), self.config(), self.endpoint()]

    @property
    def exchanges(self) -> list:
        return list(self.scenario.journal.entries().exchanges)


def test_without_a_cause_every_read_returns_the_newest_and_names_its_choice():
    program = Program()
    assert program.deploy() == [200] * 3
    assert program.schedule.points[3:7] == (
        Point(3, Label("CreateEndpointConfig", "cfg", 1), "late", "Model(m)", 1, "extrapolated"),
        Point(4, Label("CreateEndpointConfig", "cfg", 1), "write"),
        Point(5, Label("CreateEndpoint", "ep", 1), "request"),
        Point(6, Label("CreateEndpoint", "ep", 1), "late", "EndpointConfig(cfg)", 1, "documented"),
    )
    assert program.schedule.chosen == ()
    last = program.exchanges[-1]
    assert (last.place, last.causes) == ("CreateEndpoint(ep)#1", ())
    assert [read.choice for read in last.reads] == ["newest of 2: EndpointConfig(cfg)"]


@pytest.mark.parametrize(("count", "statuses"), [("x2", [400, 400, 200]), ("", [400, 400, 400])])
def test_a_reader_sees_a_version_late_for_some_reads_or_until_the_legal_end(count, statuses):
    program = Program(f"{LATE} {count}")
    assert (program.model(), program.config()) == (200, 200)
    assert [program.endpoint() for _ in range(3)] == statuses
    program.scenario.clock.advance(5.0)
    if count:
        assert program.exchanges[2].causes == (f"{LATE} {count}",)
        assert program.exchanges[2].reads[0].choice == f"{LATE} {count}"
        assert program.schedule.unmet == ()
    else:
        assert program.endpoint() == 200
    assert check(program.scenario.records[1].snapshot()) is None


def test_other_readers_see_what_one_sees_late():
    program = Program("DescribeEndpointConfig(cfg)#1 late EndpointConfig(cfg)")
    assert program.deploy() == [200] * 3
    assert program.call("DescribeEndpointConfig", {"EndpointConfigName": "cfg"}).status == 400


def test_a_read_can_be_several_versions_behind():
    program = Program("DescribeEndpoint(ep)#1 late Endpoint(ep) by 3", life=TIMED)
    assert program.deploy() == [200] * 3
    program.config("new")
    program.scenario.clock.advance(60.0)
    program.update("new")
    assert program.status() == "Updating", "its absence is settled"
    with pytest.raises(MisfitError, match=r"read Endpoint\(ep\), of which at most 2 versions behind"):
        program.schedule.check()
    instant = Program("DescribeEndpoint(ep)#1 late Endpoint(ep) by 2")
    instant.deploy()
    instant.config("new")
    assert instant.update("new") == 200
    assert instant.status() == "ValidationException"
    instant.schedule.check()


def test_names_of_endpoints_are_one_whatever_their_case():
    program = Program("CreateEndpoint(EP)#1 late EndpointConfig(cfg) x1")
    assert (program.model(), program.config()) == (200, 200)
    assert program.endpoint("Ep") == 400


def test_aliases_name_resources_in_labels_and_subjects():
    program = Program("CreateEndpoint(Endpoint~1)#1 late EndpointConfig(EndpointConfig~1) x1")
    assert program.deploy() == [200, 200, 400]


def test_a_change_of_tags_alone_is_no_choice_but_for_a_list_of_tags():
    program = Program("ListTags(model/m)#1 late Model(m)", surfaces=("describe",), max_lag=9.0)
    program.model()
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/m"
    program.scenario.clock.advance(9.0)
    program.call("AddTags", {"ResourceArn": arn, "Tags": [{"Key": "k", "Value": "v"}]})
    program.call("DescribeModel", {"ModelName": "m"})
    assert program.schedule.points[-1].depth == 0
    assert program.call("ListTags", {"ResourceArn": arn}).body == {"Tags": []}


def test_a_list_shows_a_key_late():
    program = Program("ListEndpoints()#1 late Endpoint(ep) x1")
    program.deploy()
    seen = [len(program.call("ListEndpoints").body["Endpoints"]) for _ in range(2)]
    assert seen == [0, 1]
    by_status = Program("ListEndpoints()#1 late Endpoint(ep) x1")
    by_status.deploy()
    assert by_status.call("ListEndpoints", {"SortBy": "Status"}).body["Endpoints"] == []


@pytest.mark.parametrize(
    ("kind", "status", "delivery", "happens"),
    [
        ("lost", 200, "close", True),
        ("500-after", 500, None, True),
        ("503", 503, None, False),
        ("throttle", 400, None, False),
        ("reset", 0, "reset", False),
    ],
)
def test_a_request_fails_before_or_after_it_happens(kind, status, delivery, happens):
    program = Program(f"CreateModel(m)#1 {kind}")
    program.model()
    exchange = program.exchanges[0]
    assert (exchange.status, exchange.delivery or None) == (status, delivery)
    assert exchange.faults == exchange.causes == (f"CreateModel(m)#1 {kind}",)
    assert (len(program.scenario.store) == 1) is happens


def test_a_fault_lasts_for_the_given_number_of_requests_or_for_all():
    program = Program("CreateModel(m)#2 503 x2 ; CreateModel(n)#1 throttle xall")
    assert [program.model() for _ in range(4)] == [200, 503, 503, 400]
    assert [program.model("n") for _ in range(3)] == [400] * 3


def test_fault_rules_act_where_the_schedule_has_no_fault():
    rules = [{"name": "all", "effect": {"fault": "throttle"}}]
    program = Program("CreateModel(m)#1 503", faults=rules)
    assert (program.model(), program.model()) == (503, 400)


@pytest.mark.parametrize(
    ("life", "name", "after", "status"),
    [
        ({}, "fails capacity", 0, "Failed"),
        ({}, "slow", 599, "Creating"),
        ({}, "slow", 600, "InService"),
        (TIMED | {"creating_seconds": 100}, "slow", 999, "Creating"),
    ],
)
def test_what_a_request_begins_fails_or_is_slow(life, name, after, status):
    program = Program(f"CreateEndpoint(ep)#1 {name}", life=life)
    program.deploy()
    program.scenario.clock.advance(after)
    assert program.status() == status
    assert program.exchanges[2].causes == (f"CreateEndpoint(ep)#1 {name}",)


def test_what_is_slow_takes_more_describes_where_they_are_counted():
    rules = [{"match": {"operations": ["CreateEndpoint"]}, "describes": 2}]
    program = Program("CreateEndpoint(ep)#1 slow", life={"rules": rules})
    program.deploy()
    assert [program.status() for _ in range(21)] == ["Creating"] * 20 + ["InService"]


def test_after_a_crash_every_connection_is_closed_until_the_program_starts_again():
    program = Program("crash after 2")
    assert program.model() == 200
    program.config()
    assert program.exchanges[-1].delivery == "close"
    assert program.schedule.crashed
    before = program.scenario.clock()
    answer = program.call("CreateEndpoint", {"EndpointName": "ep", "EndpointConfigName": "cfg"})
    assert answer.outcome.delivery is not None
    assert (len(program.exchanges), program.scenario.clock()) == (2, before), "it leaves no trace"
    assert program.call("ListModels", x_amz_security_token=OBSERVER).status == 200
    assert program.schedule.restart()["crashed"] is False
    assert program.endpoint() == 200


def test_a_crash_ends_the_program_and_holds_the_answer_back():
    ended = []
    program = Program("crash after 1", on_crash=lambda: ended.append(True))
    program.model()
    assert (ended, program.exchanges[0].delivery) == ([True], "stall")


def test_observers_strong_reads_and_other_services_have_no_label():
    program = Program()
    program.model()
    points = len(program.schedule.points)
    program.call("DescribeModel", {"ModelName": "m"}, x_amz_security_token=OBSERVER)
    program.call("CreateTrainingJob")
    assert len(program.schedule.points) == points
    program.call("DescribeModel", {"ModelName": "m"}, x_sm_emulator_consistency="strong")
    assert [point.kind for point in program.schedule.points[points:]] == ["request"]


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("CreateModel(m)#2 lost", r"CreateModel\(m\)#2 never came; it made CreateModel\(m\)#1, Crea"),
        ("crash after 9", "write 9 never came; it made 3 writes"),
        (LATE.replace("cfg", "x"), r"did not read EndpointConfig\(x\); it read EndpointConfig\(cfg\)"),
        ("CreateModel(m)#1 late Model(m)", r"did not read Model\(m\); it read nothing"),
        ("CreateEndpoint(x)#1 slow", r"CreateEndpoint\(x\)#1 began nothing that can fail"),
        ("DescribeModel(n)#1 late Model(n)", r"read Model\(n\), of which nothing older was legal"),
    ],
)
def test_a_cause_that_has_not_acted_is_named_with_the_reason(schedule, reason):
    program = Program(schedule)
    program.deploy()
    program.endpoint("x", "none")
    program.call("DescribeModel", {"ModelName": "n"})
    (cause,) = Schedule.parse(schedule).causes
    assert program.schedule.unmet == (cause,)
    with pytest.raises(MisfitError, match=f"schedule does not fit this program any more: .*{reason}"):
        program.schedule.check()
    assert program.schedule.to_dict()["causes"][0]["misfit"]


def test_no_request_and_many_requests_are_named_shortly():
    program = Program("CreateModel(x)#1 lost")
    with pytest.raises(MisfitError, match="never came; it made no request$"):
        program.schedule.check()
    for n in range(10):
        program.model(f"m{n}")
    with pytest.raises(MisfitError, match=r"CreateModel\(m7\)#1, … and 2 more$"):
        program.schedule.check()


def test_leaving_its_with_ends_a_schedule_and_checks_it():
    program = Program()
    with follow(program.scenario, "CreateModel(m)#1 503") as schedule:
        assert program.model() == 503
    assert schedule.schedule == Schedule.parse("CreateModel(m)#1 503")
    assert program.scenario.script is None
    assert program.model() == 200
    assert program.exchanges[-1].place == ""
    with pytest.raises(NotFoundError, match="no schedule is in force"):
        type(schedule).active(program.scenario)
    with pytest.raises(MisfitError), follow(program.scenario, "crash after 1"):
        pass
    with pytest.raises(ZeroDivisionError), follow(program.scenario, "crash after 1"):
        raise ZeroDivisionError


def test_a_schedule_that_was_replaced_ends_nothing():
    program = Program()
    with follow(program.scenario, ""):
        newer = follow(program.scenario, "")
    assert program.scenario.script is newer._script


def test_a_change_of_consistency_and_a_reset_are_heeded():
    program = Program(LATE)
    program.scenario.use({"preset": "strong", "session": ["ryw"]})
    assert program.deploy() == [200] * 3, "the program reads its own writes"
    program.scenarios[ACCOUNT].reset()
    assert program.scenario.script is None


def test_a_file_brings_consistency_seed_and_lifecycle():
    table = {"rules": [{"name": "short", "lag": "1s", "match": {"types": ["Model"]}}]}
    file = {
        "version": 1,
        "schedule": LATE,
        "consistency": table,
        "max_lag": "500ms",
        "seed": 7,
        "lifecycle": TIMED,
    }
    program = Program(file)
    assert program.deploy() == [200] * 3, "configurations are not late under this consistency"
    assert (program.scenario.seed, program.status()) == (7, "Creating")
    assert program.scenario.store.consistency.max_lag == 0.5
    assert program.schedule.unmet == (Late(Label("CreateEndpoint", "ep", 1), "EndpointConfig(cfg)"),)


@pytest.mark.parametrize(
    ("table", "place"),
    [({"order": "prefix"}, "consistency.order"), ({"session": ["mw"]}, "consistency.session")],
)
def test_a_late_list_is_refused_where_writes_are_ordered(table, place):
    program = Program(preset=table)
    with pytest.raises(ConfigurationError, match=f"{place}: excludes a late list"):
        follow(program.scenario, "ListModels()#1 late Model(m)")
    assert program.scenario.script is program.schedule._script, "nothing was changed"


def test_equal_runs_are_equal_byte_for_byte():
    def run() -> tuple:
        program = Program(f"{LATE} x1 ; CreateModel(m)#1 503 ; DescribeEndpoint(ep)#1 late Endpoint(ep)")
        program.model()
        program.deploy()
        program.endpoint()
        program.status()
        journal = [exchange.as_json() for exchange in program.exchanges]
        return journal, program.scenario.records[1].snapshot(), program.schedule.to_dict()

    first, second = run(), run()
    assert str(first) == str(second)
    assert [cause["consumed"] for cause in first[2]["causes"]] == [1, 1, 1]


def test_points_and_counts_are_kept_in_bounded_memory(monkeypatch):
    monkeypatch.setattr("sm_emulator.schedule.script._MOST", 10)
    program = Program()
    for n in range(30):
        program.call("DescribeModel", {"ModelName": f"m{n}"})
    assert len(program.schedule.points) <= 10
    assert program.schedule.points[-1].order == 59
    assert len(program.schedule._script._requests) == 10


def test_a_script_can_be_used_alone():
    script = Script(Schedule((Crash(1),)))
    assert script.unmet() == (Crash(1),)
    assert script.happened() == script.schedule
