"""Any request to any operation, valid or broken in one place: refused in AWS's grammar, or answered."""

import copy
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator.catalog import document, service
from sm_emulator.contract import contract
from sm_emulator.errors import ServiceError
from sm_emulator.operations.registry import OPERATIONS
from sm_emulator.store.index import SortOrder
from tests.support.local_gateway import JSON, Answer, Local
from tests.support.schema_requests import broken, patient, valid

PATIENT = patient(40)
CODES = {
    *("SerializationException", "ValidationException", "ResourceLimitExceeded"),
    *("ValidationError", "ModelNotReadyException"),
}
RUNTIME = service()["runtime"]["operations"]


def prepared() -> Local:
    local = Local()
    local.model()
    local.config("c")
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    return local


def held(local: Local) -> list[object]:
    store = local.scenario.store
    kinds = ("Model", "EndpointConfig", "Endpoint", "InferenceComponent")
    return [store.page("us-east-1", kind, "X", SortOrder(), 100).items for kind in kinds]


def sent(local: Local, operation: str, request: object) -> Answer:
    """Send a request in its protocol; a value that is neither text nor number has no place in a header."""
    if operation not in RUNTIME:
        target = f"SageMaker.{operation}"
        return local.send(json.dumps(request).encode(), content_type=JSON, x_amz_target=target)
    members = request if isinstance(request, dict) else {}
    response = {name: str(value) for name, value in members.items()}
    places = document(operation)["$defs"][f"{operation}Input"]["properties"]
    headers = {
        place["x-aws-name"].lower(): response[name]
        for name, place in places.items()
        if place["x-aws-location"] == "header" and name in response
    }
    body = response.get("Body", "").encode("latin-1", "replace")
    name = quote(response.get("EndpointName", "e"), safe="") or "e"
    return local.send(
        body, path=document(operation)["x-aws-http"]["path"].format(EndpointName=name), **headers
    )


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@PATIENT
@given(data=st.data())
def test_no_request_is_a_server_error_and_no_refused_one_changes_anything(operation, data):
    schema = contract(operation).schema
    request = data.draw(st.one_of(valid(schema), broken(schema), broken(schema)))
    local = prepared()
    before = held(local)
    try:
        contract(operation).check(copy.deepcopy(request))
        expected = None
    except ServiceError as refusal:
        expected = (refusal.code, refusal.message)
    answer = sent(local, operation, request)
    assert local.gateway.bugs == []
    if answer.status < 300:
        # a REST request has a name and a body, whatever was drawn
        assert expected is None or operation in RUNTIME
        return
    assert answer.status == 400
    assert answer.code in CODES
    assert held(local) == before
    if expected is not None and operation not in RUNTIME:
        assert (answer.code, answer.message) == expected
