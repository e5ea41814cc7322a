"""Any request to any operation, valid or broken in one place: refused in AWS's grammar, or answered."""

import copy
import json

import pytest
from drawn import broken, patient, valid
from gateways import JSON, Local
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator.contract import contract
from sm_emulator.errors import ServiceError
from sm_emulator.operations import OPERATIONS
from sm_emulator.store import Order

PATIENT = patient(40)
CODES = {"SerializationException", "ValidationException", "ResourceLimitExceeded"}


def world() -> Local:
    local = Local()
    local.model()
    local.config("c")
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    return local


def held(local: Local) -> list[object]:
    store = local.scenario.store
    kinds = ("Model", "EndpointConfig", "Endpoint", "InferenceComponent")
    return [store.page("us-east-1", kind, "X", Order(), 100).items for kind in kinds]


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@PATIENT
@given(data=st.data())
def test_no_request_is_a_server_error_and_no_refused_one_changes_anything(operation, data):
    schema = contract(operation).schema
    request = data.draw(st.one_of(valid(schema), broken(schema), broken(schema)))
    local = world()
    before = held(local)
    try:
        contract(operation).check(copy.deepcopy(request))
        expected = None
    except ServiceError as refusal:
        expected = (refusal.code, refusal.message)
    target = f"SageMaker.{operation}"
    answer = local.send(json.dumps(request).encode(), content_type=JSON, x_amz_target=target)
    assert local.gateway.bugs == []
    if answer.status == 200:
        assert expected is None
        return
    assert answer.status == 400
    assert answer.code in CODES
    assert held(local) == before
    if expected is not None:
        assert (answer.code, answer.message) == expected
