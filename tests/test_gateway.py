"""The lifecycle of a request: order of checks, other services, debug headers, isolation."""

import json
from fnmatch import fnmatchcase
from itertools import repeat

import pytest

from sm_emulator.clock import VirtualClock
from sm_emulator.errors import ServiceError
from sm_emulator.faults.registry import NOTHING, Effect
from sm_emulator.faults.rule import build_rules
from sm_emulator.gateway.gateway import Gateway
from sm_emulator.operations.registry import OPERATIONS
from sm_emulator.wire.message import Outcome, Request
from sm_emulator.wire.steps import Wait
from tests.support.fault_rules import rule
from tests.support.local_gateway import ACCOUNT, JSON, VARIANT, Local

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential={}/20260101/{}/sagemaker/aws4_request, Signature=0"


@pytest.fixture
def local():
    local = Local()
    local.model()
    return local


def test_a_malformed_body_beats_an_unknown_target(local):
    answer = local.send(b"{", content_type=JSON, x_amz_target="SageMaker.Nope")
    assert answer.code == "SerializationException"


def test_a_wrong_content_type_beats_a_malformed_body(local):
    assert local.send(b"{", content_type="text/plain").status == 404


def test_types_beat_constraints(local):
    wrong = {"EndpointConfigName": "-", "ProductionVariants": "x"}
    assert local.call("CreateEndpointConfig", wrong).code == "SerializationException"


def test_constraints_beat_what_the_operation_refuses(local):
    local.config("c")
    wrong = {"EndpointConfigName": "c", "ProductionVariants": []}
    assert "length greater than or equal to 1" in local.call("CreateEndpointConfig", wrong).message


def test_an_unimplemented_operation_is_501_and_lists_the_implemented_ones(local):
    answer = local.call("CreateTrainingJob")
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert answer.message.startswith("sagemaker:CreateTrainingJob is not implemented")
    assert all(name in answer.message for name in OPERATIONS)


def test_an_operation_of_another_service_is_501(local):
    answer = local.send(b"{}", content_type=JSON, x_amz_target="Kinesis_20131202.ListStreams")
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert answer.message.startswith("kinesis_20131202:ListStreams is not implemented")


@pytest.mark.parametrize("target", ["SageMaker.Nope", "SageMaker.createmodel", "SageMaker.", ""])
def test_an_unknown_operation_is_refused_as_aws_does(local, target):
    answer = local.send(b"{}", content_type=JSON, x_amz_target=target)
    assert (answer.status, answer.outcome.body) == (400, b'{"__type":"UnknownOperationException"}')


def test_a_bug_is_an_internal_failure_and_is_kept(local, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setitem(OPERATIONS, "DescribeModel", broken)
    answer = local.call("DescribeModel", {"ModelName": "m"})
    assert (answer.status, answer.outcome.body) == (500, b'{"__type":"InternalFailure"}')
    assert [type(bug) for bug in local.gateway.bugs] == [ZeroDivisionError]
    assert "bug in sm-emulator" in caplog.text


def test_only_the_last_bugs_are_kept(local, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setitem(OPERATIONS, "DescribeModel", broken)
    for _ in range(30):
        local.call("DescribeModel", {"ModelName": "m"})
    assert len(local.gateway.bugs) == 20
    assert local.gateway.bugs.found == 30


def test_a_bug_is_kept_without_the_request_that_caused_it(local, monkeypatch):
    def broken(*_):
        try:
            {}["a key"]
        except KeyError as missing:
            raise ZeroDivisionError from missing

    monkeypatch.setitem(OPERATIONS, "DescribeModel", broken)
    local.call("DescribeModel", {"ModelName": "m"})
    (bug,) = local.gateway.bugs
    assert (bug.__traceback__, bug.__cause__, bug.__context__) == (None, None, None)
    assert "in broken" in bug.__notes__[0]


def test_durations_and_waits_do_not_follow_a_wall_clock_that_is_set():
    local = Local()
    wall, monotonic = [1_000_000.0], [50.0]
    gateway = Gateway(
        local.scenarios, lambda: "id", lambda: wall[0], lambda: monotonic[0], debug_headers=False
    )
    for _ in range(2):
        steps = gateway(Request("POST", {}, b""))
        wall[0] -= 3600
        monotonic[0] += 2
        local.end(steps)
    first, second = local.scenario.journal
    assert (first.duration, second.duration) == (0.0, 0.0)
    assert (first.wall, second.wall - first.ended) == (1_000_002.0, 2.0)


def test_a_refusal_changes_nothing(local):
    assert (
        local.call(
            "CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [{}]}
        ).status
        == 400
    )
    assert local.call("DescribeEndpointConfig", {"EndpointConfigName": "c"}).status == 400
    assert len(local.scenario.store) == 1


# -- what the reads saw ---------------------------------------------------------------------------


def test_under_the_strong_preset_no_read_is_in_debug_headers(local):
    local.config()
    assert (
        "x-sm-emulator-read"
        not in local.call("DescribeEndpointConfig", {"EndpointConfigName": "c"}).headers
    )


def stale() -> Local:
    local = Local("adversarial")
    local.model()
    local.config()
    return local


def test_a_stale_read_reports_surface_replica_age_and_rule():
    local = stale()
    local.scenario.clock.advance(0.41)
    answer = local.call("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    assert answer.read == "surface=load; replica=1; stale=1; age=0.41; rule=adversarial"


def test_a_settled_read_may_use_any_replica():
    local = stale()
    local.scenario.clock.advance(1)
    answer = local.call("DescribeEndpointConfig", {"EndpointConfigName": "c"})
    assert answer.read == "surface=describe; replica=any; stale=0; age=1; rule=adversarial"


def test_several_reads_are_shown_in_order():
    local = stale()
    local.scenario.store.settle()
    variants = [{**VARIANT, "VariantName": name} for name in ("a", "b")]
    answer = local.call(
        "CreateEndpointConfig", {"EndpointConfigName": "d", "ProductionVariants": variants}
    )
    assert answer.read.count("surface=load; replica=any; stale=0") == 2


def test_debug_headers_can_be_turned_off():
    local = Local("adversarial", debug_headers=False)
    local.model()
    local.config()
    answer = local.call("DescribeEndpointConfig", {"EndpointConfigName": "c"})
    assert answer.status == 400
    assert set(answer.headers) == {"x-amzn-RequestId", "Content-Type"}


def test_a_stale_miss_and_a_true_miss_are_the_same_bytes():
    late, never = stale(), stale()
    missed = late.call("DescribeEndpointConfig", {"EndpointConfigName": "c"})
    never.ok("DeleteEndpointConfig", {"EndpointConfigName": "c"})
    never.scenario.store.settle()
    truly = never.call("DescribeEndpointConfig", {"EndpointConfigName": "c"})
    assert missed.outcome.body == truly.outcome.body
    assert missed.status == truly.status
    ours = {"x-amzn-RequestId", "x-sm-emulator-read"}
    assert {k: v for k, v in missed.headers.items() if k not in ours} == {
        k: v for k, v in truly.headers.items() if k not in ours
    }


def test_a_header_requests_a_consistent_read():
    local = stale()
    answer = local.call(
        "DescribeEndpointConfig", {"EndpointConfigName": "c"}, x_sm_emulator_consistency="strong"
    )
    assert (answer.status, answer.read) == (200, "")


# -- isolation -----------------------------------------------------------------------------------


def test_accounts_are_isolated(local):
    other = AUTHORIZATION.format("111111111111", "us-east-1")
    assert local.call("DescribeModel", {"ModelName": "m"}).status == 200
    answer = local.call("DescribeModel", {"ModelName": "m"}, authorization=other)
    assert 'arn:aws:sagemaker:us-east-1:111111111111:model/m"' in answer.message


def test_regions_are_partitions_of_an_account(local):
    backend = AUTHORIZATION.format(ACCOUNT, "eu-west-1")
    answer = local.call("DescribeModel", {"ModelName": "m"}, authorization=backend)
    assert answer.message == f'Could not find model "arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model/m".'


def test_other_access_keys_are_the_default_account(local):
    key = AUTHORIZATION.format("AKIAIOSFODNN7EXAMPLE", "us-east-1")
    assert local.call("DescribeModel", {"ModelName": "m"}, authorization=key).status == 200


def test_each_request_moves_a_virtual_clock_by_a_round_trip(local):
    local.scenario.clock = VirtualClock(round_trips=repeat(0.5))
    before = local.scenario.clock()
    local.call("DescribeModel", {"ModelName": "m"})
    assert local.scenario.clock() == before + 0.5


def test_the_same_seed_and_requests_give_the_same_bytes():
    def history(seed: int) -> list[tuple[int, dict[str, str], bytes]]:
        local = Local("dynamodb", seed)
        answers = [local.call("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})]
        for i in range(40):
            name = {"EndpointConfigName": f"c{i % 5}"}
            variants = {"ProductionVariants": [VARIANT]}
            answers.append(local.call("CreateEndpointConfig", {**name, **variants}))
            answers.append(local.call("DescribeEndpointConfig", name))
            local.scenario.clock.advance(0.003)
        return [(a.status, a.headers, a.outcome.body) for a in answers]

    assert history(7) == history(7)
    assert history(7) != history(8)


def test_sessions_of_two_names_draw_their_own_replicas():
    local = Local("dynamodb", 3)
    local.ok("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})

    def replicas(name: str) -> list[str]:
        reads = [
            local.call("DescribeModel", {"ModelName": "m"}, x_sm_emulator_session=name).read
            for _ in range(12)
        ]
        return [read.split("; ")[1] for read in reads]

    assert replicas("one") != replicas("two")


def test_the_user_agent_does_not_change_draws():
    def statuses(agent: str) -> list[int]:
        local = Local("dynamodb", 3)
        local.ok("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})
        return [
            local.call("DescribeModel", {"ModelName": "m"}, user_agent=agent).status for _ in range(12)
        ]

    assert statuses("Boto3/1.44.5") == statuses("aws-sdk-rust/1.3")
    assert len(set(statuses("x"))) == 2


# -- the journal ----------------------------------------------------------------------------------


def test_every_request_is_recorded_refused_ones_too(local):
    local.call(
        "DescribeModel",
        {"ModelName": "nope"},
        amz_sdk_invocation_id="i",
        amz_sdk_request="attempt=2; max=3",
    )
    local.send(b"{", content_type=JSON)
    created, missed, malformed = local.scenario.journal
    assert (created.operation, created.resource, created.status, created.code) == (
        "CreateModel",
        "m",
        200,
        "",
    )
    assert (missed.operation, missed.resource, missed.status) == ("DescribeModel", "nope", 400)
    assert (missed.code, missed.invocation, missed.attempt) == ("ValidationException", "i", 2)
    assert (malformed.operation, malformed.resource, malformed.code) == (
        "",
        "",
        "SerializationException",
    )
    assert (created.invocation, created.attempt, created.origin) == ("", 1, "sm-emulator")


def test_a_request_under_way_at_a_reset_ends_in_the_state_in_which_it_began():
    local = Local(faults=[rule({"fault": "latency", "delay": "1s"}, "slow")])
    before = local.scenario
    members = json.dumps({"ModelName": "m", "PrimaryContainer": {"Image": "i"}}).encode()
    headers = {"content-type": JSON, "x-amz-target": "SageMaker.CreateModel"}
    steps = local.gateway(Request("POST", headers, members))
    assert next(steps) == Wait(1.0)
    local.scenarios[ACCOUNT].reset()
    assert local.end(steps).status == 200
    assert [item.faults for item in before.journal] == [("slow",)]
    assert (len(before.store), len(local.scenario.store), len(local.scenario.journal)) == (1, 0, 0)


def test_the_journal_has_the_reads_under_a_rule():
    local = Local("read-after-create-miss-1")
    local.call("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})
    local.call("DescribeModel", {"ModelName": "m"})
    (read,) = list(local.scenario.journal)[-1].reads
    assert (read.stale, read.surface) == (1, "describe")


@pytest.mark.parametrize(
    ("operation", "members", "resource"),
    [
        ("DescribeEndpointConfig", {"EndpointConfigName": "c"}, "c"),
        ("DescribeEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}, "e"),
        ("UpdateEndpointWeightsAndCapacities", {"EndpointName": "e"}, "e"),
        ("UpdateInferenceComponentRuntimeConfig", {"InferenceComponentName": "i"}, "i"),
        ("ListTags", {"ResourceArn": "arn"}, "arn"),
        ("ListModels", {}, ""),
        ("DescribeModel", {"ModelName": 5}, ""),
        ("DescribeModel", [], ""),
    ],
)
def test_the_journal_names_the_resource_that_a_request_acts_on(local, operation, members, resource):
    local.call(operation, members)
    assert list(local.scenario.journal)[-1].resource == resource


# -- what is not ours -----------------------------------------------------------------------------


class Backend:
    """Another service, which answers what it is found to."""

    origin = "moto"

    def __init__(self) -> None:
        self.answer: Outcome | Exception = Outcome(200, (), b"there")
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Outcome:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


BUCKETS = Request(
    "GET", {"authorization": AUTHORIZATION.format(ACCOUNT, "us-east-1").replace("sagemaker", "s3")}, b""
)


@pytest.fixture
def backend():
    return Backend()


@pytest.fixture
def with_others(backend):
    return Local("adversarial", backend=backend)


def test_requests_for_other_services_reach_the_backend_unchanged(with_others, backend):
    assert with_others.exchange(BUCKETS).outcome.body == b"there"
    assert backend.requests == [BUCKETS]


def test_without_anybody_else_it_is_refused_in_the_form_of_its_service():
    answer = Local().exchange(BUCKETS)
    assert answer.status == 501
    assert b"<Code>NotImplemented</Code><Message>s3:GET is not implemented" in answer.outcome.body


def test_operations_that_the_backend_lacks_are_refused_with_the_list_of_ours(with_others, backend):
    backend.answer = NotImplementedError("Neither has moto.")
    answer = with_others.call("CreateTrainingJob")
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert answer.message.startswith("sagemaker:CreateTrainingJob is not implemented")
    assert all(name in answer.message for name in OPERATIONS)
    assert answer.message.endswith("Neither has moto.")


def test_failures_of_the_backend_are_quoted_and_are_not_bugs(with_others, backend):
    backend.answer = ServiceError("MotoFailure", "moto failed", status=501)
    assert b"<Message>moto failed</Message>" in with_others.exchange(BUCKETS).outcome.body
    assert with_others.gateway.bugs == []


def test_tags_of_our_resources_never_reach_the_backend(with_others, backend):
    for kind in ("model", "endpoint", "endpoint-config", "inference-component"):
        arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{kind}/x"
        assert with_others.call("ListTags", {"ResourceArn": arn}).message == "Resource does not exist."
    assert backend.requests == []


def test_tags_of_others_are_and_their_request_is_checked_before(with_others, backend):
    backend.answer = Outcome(200, (), b'{"Tags":[]}')
    arn = {"ResourceArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/x"}
    assert with_others.call("ListTags", arn).body == {"Tags": []}
    assert with_others.call("ListTags", {**arn, "MaxResults": 1}).code == "ValidationException"
    assert len(backend.requests) == 1


def test_the_journal_names_the_backend_as_origin(with_others, backend):
    backend.answer = Outcome(404, (), b"<Code>NoSuchBucket</Code>")
    with_others.exchange(BUCKETS)
    (found,) = with_others.scenario.journal
    assert (found.origin, found.operation, found.status, found.code) == (
        "moto",
        "s3:GET",
        404,
        "NoSuchBucket",
    )
    assert found.reads == ()


class Rule:
    """One rule for faults, by a glob of operations."""

    def __init__(self, operations: str) -> None:
        self.operations = operations

    def act(self, phase, call, now, seed):
        if phase == "before" and fnmatchcase(call.operation, self.operations):
            error = ServiceError("SlowDown", "Please reduce your request rate.", status=503)
            return Effect(names=("slow",), error=error)
        return NOTHING


def test_a_rule_that_names_another_service_acts_on_it_in_its_form(with_others, backend):
    with_others.scenario.faults = Rule("s3:*")
    answer = with_others.exchange(BUCKETS)
    assert (answer.status, answer.headers["x-sm-emulator-fault"]) == (503, "slow")
    assert b"<Code>SlowDown</Code>" in answer.outcome.body
    assert backend.requests == []
    with_others.model()


@pytest.mark.parametrize("operations", ["Create*", "GET", "sagemaker:*"])
def test_rules_and_staleness_that_do_not_name_it_leave_it_alone(with_others, operations):
    with_others.scenario.faults = Rule(operations)
    answer = with_others.exchange(BUCKETS)
    assert answer.outcome.body == b"there"
    assert not answer.headers.keys() & {"x-sm-emulator-fault", "x-sm-emulator-read"}


@pytest.fixture
def observed():
    """Return a gateway in which nothing is seen for two reads, and every request fails."""
    local = Local(life={"rules": [{"describes": 1}]})
    local.model()
    local.config()
    local.scenario.use({"preset": "read-after-create-miss-2"})
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    local.scenario.faults.replace(build_rules([rule()]), local.scenario.clock())
    return local


OBSERVER = {"x_amz_security_token": "sm-emulator-observer"}


def test_an_observer_reads_the_leader_without_faults_and_without_a_trace(observed):
    recorded, now = len(observed.scenario.journal), observed.scenario.clock()
    for _ in range(3):
        described = observed.ok("DescribeEndpoint", {"EndpointName": "e"}, **OBSERVER)
        assert described["EndpointStatus"] == "Creating"
        assert observed.ok("ListEndpoints", **OBSERVER)["Endpoints"]
    assert (len(observed.scenario.journal), observed.scenario.clock()) == (recorded, now)
    observed.scenario.faults.replace([], now)
    assert observed.call("DescribeEndpoint", {"EndpointName": "e"}).status == 400


@pytest.mark.parametrize("operation", ["DeleteEndpoint", "CreateTrainingJob"])
def test_an_observer_cannot_write(observed, operation):
    answer = observed.call(operation, {"EndpointName": "e"}, **OBSERVER)
    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    assert answer.message.startswith(f"an observer only describes and lists: {operation} ")


def test_an_observer_cannot_write_to_other_services(observed):
    signed = {"authorization": AUTHORIZATION.replace("sagemaker", "s3").format(ACCOUNT, "us-east-1")}
    answer = observed.send(b"", "PUT", "/bucket", **signed, **OBSERVER)
    assert b"s3:PUT needs a client of its own" in answer.outcome.body
