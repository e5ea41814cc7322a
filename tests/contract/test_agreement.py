"""The validator that accepts and the one that explains never disagree, whatever the request."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator.contract import contract
from sm_emulator.contract.sentences import explain
from sm_emulator.errors import ServiceError
from sm_emulator.operations.registry import OPERATIONS
from tests.support.schema_requests import broken, patient, valid

PATIENT = patient(60)
ITEM = r"Value(| null| '(?s:.*?)') at '[a-z][\w.]*' failed to satisfy constraint: M"


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@PATIENT
@given(data=st.data())
def test_what_one_accepts_the_other_finds_no_fault_with(operation, data):
    schema = contract(operation).schema
    request = data.draw(st.one_of(valid(schema), broken(schema)))
    try:
        request = contract(operation).read(request)
    except ServiceError as refusal:
        assert refusal.code == "SerializationException"
        return
    accepted = contract(operation).accepts.is_valid(request)
    message = explain(schema, request)
    assert accepted == message.startswith("0 ")
    if not accepted:
        count = int(message.split(" ", 1)[0])
        assert re.match(rf"\d+ validation errors? detected: {ITEM}", message)
        assert 1 <= count <= 10


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@PATIENT
@given(data=st.data())
def test_what_is_drawn_as_valid_is_accepted(operation, data):
    """Else the test above would only ever look at refusals."""
    request = data.draw(valid(contract(operation).schema))
    assert contract(operation).check(request) == request
