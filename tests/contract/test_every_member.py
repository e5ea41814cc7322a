"""Every wrong value of every member of every operation: the exact refusal, and nothing changed."""

import json

import pytest

from sm_emulator.contract import contract
from sm_emulator.operations.registry import OPERATIONS
from tests.support.local_gateway import JSON, Local
from tests.support.refusal_grammar import MODEL, cases, example, nullable

OURS = sorted(set(OPERATIONS) & set(MODEL.operation_names))


def prepared() -> Local:
    local = Local()
    for name in ("a", "m"):
        local.model(name)
    local.config("a")
    local.ok("CreateEndpoint", {"EndpointName": "a", "EndpointConfigName": "a"})
    return local


@pytest.mark.parametrize("operation", OURS)
def test_every_wrong_value_is_refused_in_the_services_grammar_and_changes_nothing(operation):
    local = prepared()
    before = len(list(local.scenario.store.history.snapshot()))
    wrong = []
    for case in cases(operation):
        sent = json.dumps(case.request).encode()
        answer = local.send(sent, content_type=JSON, x_amz_target=f"SageMaker.{operation}")
        if answer.status != 400 or answer.code != case.code or answer.message not in case.messages:
            wrong.append((case.what, answer, min(map(str, case.messages))))
    assert wrong == []
    assert len(list(local.scenario.store.history.snapshot())) == before
    assert local.gateway.bugs == []


@pytest.mark.parametrize("operation", OURS)
def test_a_null_for_an_optional_member_is_as_if_it_were_absent(operation):
    for what, with_null, without in nullable(operation):
        response = [prepared().call(operation, request) for request in (with_null, without)]
        assert response[0] == response[1], what


@pytest.mark.parametrize("operation", OURS)
def test_the_request_that_is_broken_is_valid_before(operation):
    """Else a refusal might be for something that was wrong already."""
    request = example(MODEL.operation_model(operation).input_shape)
    assert contract(operation).check(request) == request


def test_the_cases_are_many_and_of_every_kind():
    found = [case for operation in OURS for case in cases(operation)]
    response = " ".join(str(message) for case in found for message in case.messages)
    assert len(found) > 3000
    for sentence in (
        "must not be null",
        "length less",
        "length greater",
        "value less",
        "value greater",
        "enum value set",
        "regular expression pattern",
        "Map keys must",
        "Map value must",
        "Member must satisfy constraint: [",
    ):
        assert sentence in response
