"""InvokeEndpoint: which variant answers, what is refused, and what comes back."""

import pytest

from sm_emulator.clock import LATEST
from sm_emulator.containers import Invocation, Reply
from tests.support import python_models
from tests.support.local_gateway import ACCOUNT, VARIANT, Local

NOWHERE = f"Endpoint e of account {ACCOUNT} not found."


@pytest.fixture
def local() -> Local:
    local = Local()
    local.model()
    return local


# -- the answer -----------------------------------------------------------------------------------


def test_without_a_configured_response_a_model_echoes_variant_and_size(local):
    local.endpoint()
    answer = local.infer(b"\xff\x00,1")
    assert answer.body == {"variant": "AllTraffic", "model": "m", "payload_bytes": 4}
    assert answer.headers["x-Amzn-Invoked-Production-Variant"] == "AllTraffic"
    assert answer.headers["Content-Type"] == "application/json"
    assert next(iter(answer.headers)) == "x-amzn-RequestId"


def test_a_body_comes_back_byte_by_byte():
    every = bytes(range(256))
    local = Local(models=[{"python": "tests.support.python_models:body"}])
    local.model()
    local.endpoint()
    assert local.invoke(every)["Body"] == every


def test_names_in_another_case_find_the_endpoint_and_are_returned_as_requested(local):
    local.endpoint("Mine")
    assert local.infer(to="mine").status == 200
    assert "Endpoint Other of account" in local.infer(to="Other").body["Message"]


@pytest.mark.parametrize(
    "how", ["InvokeEndpoint", "InvokeEndpointWithResponseStream", "InvokeEndpointAsync"]
)
def test_what_does_not_exist_is_not_found(local, how):
    answer = local.infer(how=how)
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert answer.outcome.body.decode() == f'{{"ErrorCode":"NO_SUCH_ENDPOINT","Message":"{NOWHERE}"}}'
    assert answer.headers["x-amzn-ErrorType"].endswith(
        "//internal.amazon.com/coral/com.amazon.sagemaker/"
    )


@pytest.mark.parametrize("operation", ["CreateEndpoint", "DeleteEndpoint"])
def test_while_an_endpoint_is_made_or_deleted_it_is_not_found(operation):
    local = Local(life={"rules": [{"match": {"operations": [operation]}, "seconds": 60.0}]})
    local.model()
    local.endpoint()
    if operation == "DeleteEndpoint":
        assert local.infer().status == 200
        local.ok("DeleteEndpoint", {"EndpointName": "e"})
    assert local.infer().body["Message"] == NOWHERE
    local.scenario.clock.advance(61)
    assert local.infer().status == (200 if operation == "CreateEndpoint" else 400)


def test_while_an_endpoint_is_updated_the_old_configuration_answers():
    local = Local(life={"updating_seconds": 60.0})
    local.model()
    local.model("new")
    local.endpoint()
    local.config("c2", ProductionVariants=[{**_variant("AllTraffic"), "ModelName": "new"}])
    local.ok("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c2"})
    assert local.infer().body["model"] == "m"
    local.scenario.clock.advance(61)
    assert local.infer().body["model"] == "new"


def _variant(name: str, weight: float = 1.0) -> dict:
    return {
        "VariantName": name,
        "ModelName": "m",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": weight,
    }


def test_a_failed_endpoint_is_not_found():
    local = Local(life={"rules": [{"failure": "ping"}]})
    local.model()
    local.endpoint()
    assert local.infer().body["Message"] == NOWHERE


def test_the_read_of_the_endpoint_is_a_load_and_may_be_stale():
    local = Local("read-after-create-miss-1")
    local.model()
    local.config()
    local.scenario.store.settle()
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    missed = local.infer()
    assert (missed.status, missed.body["Message"]) == (400, NOWHERE)
    assert missed.read.startswith("surface=load; ")
    assert local.infer().status == 200


def test_a_model_that_was_deleted_still_answers(local):
    local.endpoint()
    local.ok("DeleteModel", {"ModelName": "m"})
    assert local.infer().body["model"] == "m"


# -- headers --------------------------------------------------------------------------------------


def test_what_the_client_sends_reaches_the_container(kept):
    local = Local(models=[{"match": {"images": "i"}, "python": "tests.support.python_models:keep"}])
    local.model("m", PrimaryContainer={"Image": "i", "Mode": "MultiModel"})
    local.endpoint()
    local.invoke(
        b"1",
        content_type="text/csv",
        accept="text/plain",
        custom_attributes="trace=1",
        target_model="one.tar.gz",
        target_container_hostname="first",
        inference_id="id 1",
        session_id="s-1",
        enable_explanations="`true`",
    )
    (received,) = kept
    assert (received.endpoint, received.variant, received.model, received.image) == (
        "e",
        "AllTraffic",
        "m",
        "i",
    )
    assert (received.content_type, received.accept, received.custom_attributes) == (
        "text/csv",
        "text/plain",
        "trace=1",
    )
    assert (received.target_model, received.target_container, received.inference_id) == (
        "one.tar.gz",
        "first",
        "id 1",
    )
    assert (received.session_id, received.explanations) == ("s-1", "`true`")


def test_an_echo_of_a_multi_model_endpoint_names_the_model(local):
    local.model("many", PrimaryContainer={"Image": "i", "Mode": "MultiModel"})
    local.endpoint(variants={"v": {"ModelName": "many"}})
    assert local.infer(target_model="one").body["target_model"] == "one"


def test_a_session_begins_stays_with_its_variant_and_ends():
    rule = {"match": {"variants": "b"}, "python": "tests.support.python_models:session"}
    local = Local(models=[rule])
    local.model()
    local.endpoint(variants={"a": {}, "b": {"InitialVariantWeight": 0.0}})
    begun = local.invoke(session_id="NEW_SESSION", target_variant="b")
    assert begun["NewSessionId"] == "s-1; Expires=2026-01-01T00:05:00Z"
    assert local.invoke(session_id="s-1")["InvokedProductionVariant"] == "b"
    assert local.invoke(b"close", session_id="s-1")["ClosedSessionId"] == "s-1"
    assert local.invoke(session_id="s-1")["InvokedProductionVariant"] == "a"


def two_variants(*models) -> Local:
    """Deploy a variant a that gets all requests, and b that gets those which name it."""
    local = Local(models=models)
    local.model()
    local.endpoint(variants={"a": {}, "b": {"InitialVariantWeight": 0.0}})
    return local


def begin_session(local: Local) -> str:
    begun = local.infer(session_id="NEW_SESSION", target_variant="b")
    return begun.headers["X-Amzn-SageMaker-New-Session-Id"].partition(";")[0]


def variant(local: Local, session: str) -> str:
    return local.invoke(session_id=session)["InvokedProductionVariant"]


def test_a_session_of_the_echo_lasts_five_minutes():
    local = two_variants()
    answer = local.infer(session_id="NEW_SESSION", target_variant="b")
    session, _, expires = answer.headers["X-Amzn-SageMaker-New-Session-Id"].partition("; Expires=")
    assert session == answer.headers["x-amzn-RequestId"]
    assert expires == "2026-01-01T00:05:00Z"
    local.scenario.clock.advance(299)
    assert variant(local, session) == "b"
    local.scenario.clock.advance(1)
    assert variant(local, session) == "a"


def test_a_session_at_the_end_of_time_ends_with_it():
    local = two_variants()
    local.scenario.clock.advance(LATEST - local.scenario.clock())
    answer = local.infer(session_id="NEW_SESSION", target_variant="b")
    assert answer.headers["X-Amzn-SageMaker-New-Session-Id"].endswith("Expires=9999-12-31T23:59:59Z")


@pytest.mark.parametrize("expires", ["", "; Expires=soon", ";Expires=2026-01-01T00:05:00"])
def test_a_model_need_not_say_properly_when_its_session_ends(monkeypatch, expires):
    def model(invocation: Invocation) -> Reply:
        begins = invocation.session_id == "NEW_SESSION"
        return Reply(b"", new_session_id=f"s-2{expires}" if begins else "")

    monkeypatch.setattr(python_models, "session", model)
    local = two_variants({"match": {"variants": "b"}, "python": "tests.support.python_models:session"})
    session = begin_session(local)
    local.scenario.clock.advance(299)
    assert variant(local, session) == "b"


def test_a_session_of_a_variant_that_an_update_removes_is_routed_by_weight():
    local = two_variants()
    session = begin_session(local)
    local.config("one", ProductionVariants=[{**VARIANT, "VariantName": "a"}])
    local.ok("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "one"})
    assert variant(local, session) == "a"


def test_the_oldest_of_too_many_sessions_is_evicted_and_counted(caplog):
    local = two_variants()
    local.scenario.bounds.entries = 2
    sessions = [begin_session(local) for _ in range(3)]
    assert [variant(local, session) for session in sessions] == ["a", "b", "b"]
    assert local.scenario.evicted == {"sessions of models": 1}
    begin_session(local)
    assert caplog.text.count("evicted sessions of models") == 1


def test_a_session_id_of_a_wrong_form_is_refused(local):
    local.endpoint()
    answer = local.infer(session_id="not good")
    assert answer.code == "ValidationError"
    assert answer.body["Message"].startswith(
        "1 validation error detected: Value 'not good' at 'sessionId'"
    )


def test_a_secret_header_is_not_repeated_in_a_refusal(local):
    local.endpoint()
    answer = local.infer(custom_attributes="ü")
    assert "Value at 'customAttributes' failed to satisfy constraint" in answer.body["Message"]


# -- inference components -------------------------------------------------------------------------


def with_component(copies: int = 1, **specification) -> Local:
    local = Local(models=[{"match": {"images": "own"}, "body": "own"}])
    local.model()
    local.config("c", ProductionVariants=[{k: v for k, v in _variant("v").items() if k != "ModelName"}])
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    made = {
        "InferenceComponentName": "i",
        "EndpointName": "e",
        "Specification": specification,
        "RuntimeConfig": {"CopyCount": copies},
    }
    local.ok("CreateInferenceComponent", made)
    return local


def test_a_component_answers_with_its_model():
    answer = with_component(ModelName="m").infer(inference_component="i")
    assert answer.body == {"variant": "v", "model": "m", "payload_bytes": 0}


def test_a_component_without_a_model_answers_by_its_image():
    local = with_component(Container={"Image": "own"})
    assert local.invoke(inference_component="i")["Body"] == b"own"


@pytest.mark.parametrize("name", ["nope", "foreign"])
def test_a_component_that_is_absent_or_on_another_endpoint_is_not_found(name):
    local = with_component(ModelName="m")
    local.ok("CreateEndpoint", {"EndpointName": "other", "EndpointConfigName": "c"})
    members = {"InferenceComponentName": "foreign", "EndpointName": "other"}
    local.ok("CreateInferenceComponent", {**members, "Specification": {"ModelName": "m"}})
    assert local.infer(inference_component=name).body["Message"].endswith("not found.")


# -- limits ---------------------------------------------------------------------------------------


def test_what_the_front_end_does_not_take_is_413_in_plain_text(local):
    local.endpoint()
    answer = local.infer(bytes(6 * 1024 * 1024 + 4097))
    assert answer.status == 413
    assert answer.outcome.body == b"HTTP content length exceeded 6295552 bytes."


def test_what_the_model_does_not_allow_is_a_constraint(local):
    local.endpoint()
    answer = local.infer(bytes(6 * 1024 * 1024 + 1))
    assert answer.body["Message"] == (
        "1 validation error detected: Value at 'body' failed to satisfy constraint: "
        "Member must have length less than or equal to 6291456"
    )


def serverless(concurrency: int = 1, **settings) -> Local:
    local = Local(**settings)
    local.model()
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": concurrency}
    own = {"VariantName": "v", "ModelName": "m", "ServerlessConfig": config}
    local.config("c", ProductionVariants=[own])
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    return local


def test_a_serverless_endpoint_takes_four_megabytes():
    local = serverless()
    assert local.infer(bytes(4 * 1024 * 1024)).status == 200
    answer = local.infer(bytes(4 * 1024 * 1024 + 1))
    assert answer.body["Message"] == f"Request {answer.headers['x-amzn-RequestId']} has oversize body."


def test_a_serverless_endpoint_throttles_beyond_its_concurrency():
    local = serverless(2, models=[{"echo": True, "delay": 1}])
    ways = [local.way() for _ in range(2)]
    assert [next(way).seconds for way in ways] == [1, 1]
    answer = local.infer()
    assert (answer.status, answer.code, answer.outcome.body) == (
        400,
        "ThrottlingException",
        b'{"message":null}',
    )
    assert local.end(ways[0]).status == 200
    assert local.infer().status == 200
    assert local.end(ways[1]).status == 200


# -- the path -------------------------------------------------------------------------------------


def test_a_get_is_an_unknown_operation_and_no_json(local):
    answer = local.send(b"", "GET", "/endpoints/e/invocations")
    assert (answer.status, answer.outcome.body) == (404, b"<UnknownOperationException/>\n")


def test_no_other_path_is_the_runtimes(local):
    assert local.send(b"", path="/endpoints/e/nope").status == 501


def test_an_operation_of_the_runtime_is_none_of_the_control_plane(local):
    assert local.call("InvokeEndpoint", {"EndpointName": "e"}).code == "UnknownOperationException"


def test_a_name_in_the_path_is_unquoted_and_checked(local):
    answer = local.infer(to="not%20good")
    assert "Value 'not good' at 'endpointName' failed" in answer.body["Message"]


def test_the_journal_names_operation_and_endpoint(local):
    local.endpoint()
    local.infer(to="nope")
    local.infer(how="InvokeEndpointWithResponseStream")
    missed, streamed = list(local.scenario.journal)[-2:]
    assert (missed.operation, missed.resource, missed.code) == (
        "InvokeEndpoint",
        "nope",
        "ValidationError",
    )
    assert (streamed.operation, streamed.resource) == ("InvokeEndpointWithResponseStream", "e")


# -- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("ServiceUnavailable", 503),
        ("InternalFailure", 500),
        ("ModelError", 424),
    ],
)
@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_fault_has_the_runtimes_form(code, status, phase):
    rule = {
        "name": "x",
        "match": {"operation": "InvokeEndpoint", "name": "e", "phase": phase},
        "effect": {"fault": "error", "code": code},
    }
    local = Local(faults=[rule])
    local.model()
    local.endpoint()
    answer = local.infer()
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"] == "application/json"
    assert local.infer(how="InvokeEndpointWithResponseStream").status == 200
