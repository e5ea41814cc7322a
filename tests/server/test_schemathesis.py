"""schemathesis sends what the admin API's description allows, and much that it does not."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from sm_emulator import Emulator
from sm_emulator.server.app import create_app

# What is well-formed may make no sense all the same, and what has a field too many may be harmless
CHECKED_SEPARATELY = [positive_data_acceptance, negative_data_rejection]
EMULATOR = Emulator(clock="virtual")
SCHEMA = schemathesis.openapi.from_wsgi(
    "/_emulator/openapi.json", create_app(EMULATOR.gateway, EMULATOR.control, ())
)
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}
FEW = settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


def statuses(label: str, mode: GenerationMode) -> set[int]:
    """Return the statuses of an operation, each answer checked against the description."""
    statuses = set()

    @FEW
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def call(case):
        answer = case.call()
        statuses.add(answer.status_code)
        case.validate_response(answer, excluded_checks=CHECKED_SEPARATELY)

    call()
    return statuses


@pytest.mark.parametrize("label", OPERATIONS)
def test_valid_requests_are_answered_as_described(label):
    assert statuses(label, GenerationMode.POSITIVE) <= {200, 400, 404, 409}


@pytest.mark.parametrize(
    "label", [name for name, operation in OPERATIONS.items() if operation.body or operation.query]
)
def test_invalid_requests_are_never_a_server_error(label):
    assert statuses(label, GenerationMode.NEGATIVE) <= {200, 400, 404, 405, 409, 415}
